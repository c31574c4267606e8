"""Appeals."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = ()

    operations = (
        migrations.CreateModel(
            name="Appeal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        primary_key=True, default=uuid.uuid4, editable=False, serialize=False
                    ),
                ),
                ("lookup_digest", models.BinaryField(max_length=32, unique=True)),
                ("said", models.BinaryField()),
                ("entry", models.CharField(max_length=26, blank=True)),
                ("sent_on", models.DateField()),
                (
                    "answer",
                    models.CharField(
                        max_length=16,
                        blank=True,
                        choices=[
                            ("taken_off", "taken_off"),
                            ("stays", "stays"),
                            ("not_found", "not_found"),
                        ],
                    ),
                ),
                ("answered_on", models.DateField(null=True)),
            ],
        ),
    )
