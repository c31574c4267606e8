"""Lists that are imported, and what of them stands here."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Feeds and their entries."""

    initial = True
    dependencies = (("publishing", "0012_imported_lane"),)

    operations = (
        migrations.CreateModel(
            "Feed",
            [
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("source", models.CharField(max_length=2100)),
                ("checkpoint", models.JSONField(null=True)),
                ("fetched_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            "ImportedEntry",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.BinaryField()),
                ("content", models.BinaryField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, to="publishing.entry"
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="imports.feed"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("feed", "key"), name="imported_once")
                ]
            },
        ),
    )
