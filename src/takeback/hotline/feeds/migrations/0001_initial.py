"""The latest change of every entry, and the clock that stamps changes."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("entries", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="LatestChange",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="entries.entry",
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
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("stamp", models.BigIntegerField(default=0)),
                ("hashes_read_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="one_clock")
                ],
            },
        ),
    ]
