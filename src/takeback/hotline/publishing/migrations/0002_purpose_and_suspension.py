"""A log begins with its purpose, and entries can be suspended."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def _refuse_log_without_purpose(apps: Any, _schema_editor: Any) -> None:
    if apps.get_model("publishing", "LogEntry").objects.exists():
        raise RuntimeError(
            "This list was begun by a version whose logs had no purpose as their first event; no "
            "gate would follow it any more. Begin a new list in an empty database."
        )


class Migration(migrations.Migration):
    dependencies = (("publishing", "0001_initial"),)

    operations = (
        migrations.RunPython(_refuse_log_without_purpose, migrations.RunPython.noop),
        migrations.AddField(
            "checkpoint", "rules", models.JSONField(default=dict), preserve_default=False
        ),
        migrations.AddField("entry", "suspended_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "pendingevent", "adds", models.BooleanField(default=True), preserve_default=False
        ),
        migrations.AlterField(
            "pendingevent",
            "entry",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="publishing.entry"
            ),
        ),
        migrations.AlterField(
            "logentry",
            "entry",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="publishing.entry"
            ),
        ),
    )
