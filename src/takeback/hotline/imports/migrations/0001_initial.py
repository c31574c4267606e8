"""Lists that are imported, and which entries came from them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("source", models.CharField(max_length=2100)),
                ("cursor", models.JSONField(null=True)),
                ("fetched_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ImportedEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.BinaryField()),
                ("content", models.BinaryField()),
                ("entry", models.CharField(max_length=26, unique=True)),
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
                ],
            },
        ),
    ]
