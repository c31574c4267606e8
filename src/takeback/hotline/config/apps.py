"""The composition of the hotline: what is put together once Django is ready."""

from django.apps import AppConfig


class HotlineConfig(AppConfig):
    """Wires the rooms together."""

    name = "takeback.hotline.config"

    def ready(self) -> None:
        """Wire the log's hooks: without them it refuses to work."""
        from takeback.hotline.config.log_hooks import log_hooks  # noqa: PLC0415 - models first
        from takeback.hotline.log.hooks import wire  # noqa: PLC0415

        wire(log_hooks())
