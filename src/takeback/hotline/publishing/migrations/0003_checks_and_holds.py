"""New entries are checked before they are sealed, and some wait for a person."""

import json
import uuid
from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def _check_what_is_there(apps: Any, _schema_editor: Any) -> None:
    """Let what waits be checked, and give the entries in the log the PDQ that others are held to."""
    pending = apps.get_model("publishing", "PendingEvent")
    pending.objects.filter(adds=True).update(waits_for="check")
    entry = apps.get_model("publishing", "Entry")
    openings = (
        (apps.get_model("publishing", "LogEntry"), 0),
        (pending, None),
    )
    for model, checked_in in openings:
        for row in model.objects.filter(event__isnull=False).order_by("pk").iterator():
            signals = json.loads(bytes(row.event)).get("signals", [])
            pdqs = [bytes.fromhex(one["value"]) for one in signals if one["type"] == "pdq"]
            if pdqs and row.entry_id:
                live = entry.objects.filter(id=row.entry_id, withdrawn_at=None)
                live.update(pdq=pdqs[0], checked_in=checked_in)


class Migration(migrations.Migration):
    dependencies = (("publishing", "0002_purpose_and_suspension"),)

    operations = (
        migrations.AddField("log", "mark", models.UUIDField(default=uuid.uuid4)),
        migrations.AddField("entry", "pdq", models.BinaryField(null=True)),
        migrations.AddField(
            "entry", "checked_in", models.BigIntegerField(null=True, db_index=True)
        ),
        migrations.AddField("entry", "votes_seen", models.BigIntegerField(default=0)),
        migrations.AddField(
            "pendingevent",
            "waits_for",
            models.CharField(
                max_length=8,
                default="",
                blank=True,
                choices=[("", ""), ("check", "check"), ("person", "person")],
            ),
        ),
        migrations.AddField("pendingevent", "sent_in", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            "pendingevent",
            models.Index(fields=("waits_for", "adds", "id"), name="what_can_be_sealed"),
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="publishing.entry",
                    ),
                ),
                ("since", models.DateTimeField()),
                (
                    "reason",
                    models.CharField(
                        max_length=16,
                        choices=[
                            ("guard", "guard"),
                            ("crowd", "crowd"),
                            ("nothing_left", "nothing_left"),
                        ],
                    ),
                ),
                ("count", models.IntegerField(default=0)),
                ("close_to", models.JSONField(default=list)),
                ("decided_at", models.DateTimeField(null=True, db_index=True)),
            ],
        ),
        migrations.RunPython(_check_what_is_there, migrations.RunPython.noop),
    )
