"""Gives a platform several keys; the token it had becomes a key of all scopes for a year."""

from datetime import UTC, datetime, timedelta
from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_SCOPES = ("read_confirmed", "read_self_reported", "send_feedback")
_LIFE = timedelta(days=365)


def _make_keys(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    now = datetime.now(UTC)
    key = apps.get_model("publishing", "PlatformKey")
    platform: Any
    for platform in apps.get_model("publishing", "Platform").objects.all():
        key.objects.create(
            platform=platform,
            digest=platform.token_digest,
            scopes=list(_SCOPES),
            made_at=now,
            expires_at=now + _LIFE,
            revoked_at=platform.revoked_at,
        )


class Migration(migrations.Migration):
    """Keys of platforms."""

    dependencies = (("publishing", "0006_acknowledgements"),)

    operations = (
        migrations.CreateModel(
            name="PlatformKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.BinaryField(unique=True)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), size=None
                    ),
                ),
                ("review_process", models.TextField(blank=True)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="publishing.platform"
                    ),
                ),
            ],
        ),
        migrations.RunPython(_make_keys),
        migrations.RemoveField("platform", "token_digest"),
    )
