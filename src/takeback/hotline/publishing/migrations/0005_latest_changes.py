"""The latest change of every entry, and the clock that stamps changes."""

import json
from itertools import groupby
from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

_LEAST_QUALITY = 50


def _read_the_log(apps: Any, _schema_editor: Any) -> None:
    """Bring the table up to what the log says already; nobody has read withdrawn PDQs yet."""
    entries = apps.get_model("publishing", "LogEntry").objects
    change = apps.get_model("publishing", "LatestChange")
    sealed = apps.get_model("publishing", "Checkpoint").objects.order_by("size")
    checkpoints = [
        (size, int(at.timestamp())) for size, at in sealed.values_list("size", "sealed_at")
    ]
    at, stamp, stamps = 0, 0, {}
    rows = entries.filter(entry__isnull=False).order_by("index").values_list("index", flat=True)
    for index in rows.iterator():
        while checkpoints[at][0] <= index:
            at += 1
        stamp = stamps[index] = max(stamp, checkpoints[at][1])
    rows = entries.filter(entry__isnull=False).order_by("entry", "index")
    events = rows.values_list("entry", "index", "event", "entry__lane").iterator()
    for entry, group in groupby(events, key=lambda row: row[0]):
        change.objects.create(entry_id=entry, **_folded(list(group), stamps))
    if stamp:
        apps.get_model("publishing", "PublicationClock").objects.create(id=1, stamp=stamp)


def _folded(history: list[Any], stamps: dict[int, int]) -> dict[str, Any]:
    _, added, _, lane = history[0]  # the lane of what was withdrawn stands nowhere else any more
    now: dict[str, Any] = {"added": added, "lane": lane, "lanes": [lane], "state": "live"}
    for _, index, data, _ in history:
        now.update(index=index, stamp=stamps[index])
        event: Any = json.loads(bytes(data)) if data is not None else {"type": "erased"}
        if event["type"] in ("suspended", "withdrawn"):
            now["state"] = event["type"]
        elif event["type"] != "erased":
            pdq, md5 = _values(event["signals"], "pdq"), _values(event["signals"], "md5")
            now.update(state="live", lane=event["lane"], pdq=pdq, md5=md5)
            now["lanes"] += [event["lane"]] if event["lane"] not in now["lanes"] else []
    if now["state"] == "withdrawn":
        now.update(pdq=None, md5=None)
    return now


def _values(signals: list[dict[str, Any]], kind: str) -> bytes | None:
    first = next((one for one in signals if one["type"] == kind), None)
    if first is None or first.get("quality", _LEAST_QUALITY) < _LEAST_QUALITY:
        return None
    return bytes.fromhex(first["value"])


class Migration(migrations.Migration):
    dependencies = (("publishing", "0004_witnesses"),)

    operations = (
        migrations.CreateModel(
            name="LatestChange",
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
                ("added", models.BigIntegerField(unique=True)),
                ("index", models.BigIntegerField(unique=True)),
                ("stamp", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("live", "live"),
                            ("suspended", "suspended"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=16,
                    ),
                ),
                ("lane", models.CharField(max_length=16)),
                (
                    "lanes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16), size=None
                    ),
                ),
                ("pdq", models.BinaryField(null=True)),
                ("md5", models.BinaryField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["stamp", "index"], name="change_by_stamp"),
                    models.Index(fields=["pdq"], name="change_by_pdq"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PublicationClock",
            fields=[
                (
                    "id",
                    models.SmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("stamp", models.BigIntegerField(default=0)),
                ("hashes_read_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="one_clock")
                ],
            },
        ),
        migrations.RunPython(_read_the_log, migrations.RunPython.noop),
    )
