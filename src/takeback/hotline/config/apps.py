"""The composition of the hotline: what is put together once Django is ready."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class HotlineConfig(AppConfig):
    """Wires the rooms together."""

    name = "takeback.hotline.config"

    def ready(self) -> None:
        """Wire the log's hooks, without which it refuses to work, and what follows a migration."""
        from takeback.hotline.config.beginning import make_secrets  # noqa: PLC0415 - models first
        from takeback.hotline.config.log_hooks import log_hooks  # noqa: PLC0415
        from takeback.hotline.log.hooks import wire  # noqa: PLC0415

        wire(log_hooks())
        post_migrate.connect(make_secrets, sender=apps.get_app_config("foundation"))
