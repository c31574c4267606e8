"""Appeals."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Appeal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("lookup_digest", models.BinaryField(max_length=32, unique=True)),
                ("statement", models.BinaryField()),
                ("entry", models.CharField(blank=True, max_length=26)),
                ("sent_on", models.DateField()),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("taken_off", "taken_off"),
                            ("stays", "stays"),
                            ("not_found", "not_found"),
                        ],
                        max_length=16,
                    ),
                ),
                ("answered_on", models.DateField(null=True)),
            ],
        ),
    ]
