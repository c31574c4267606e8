"""Cases of young people."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Case",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("lookup_digest", models.BinaryField(max_length=32, unique=True)),
                ("answers", models.BinaryField()),
                ("sealed_names", models.BinaryField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="CaseAddress",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("address", models.BinaryField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addresses",
                        to="intake.case",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="CasePicture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("picture", models.UUIDField()),
                ("number", models.PositiveSmallIntegerField()),
                ("entry", models.CharField(max_length=26, unique=True)),
                ("is_video", models.BooleanField()),
                ("exact_only", models.BooleanField()),
                ("added_on", models.DateField()),
                ("withdrawn_on", models.DateField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pictures",
                        to="intake.case",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "picture"), name="one_row_a_picture"),
                    models.UniqueConstraint(fields=("case", "number"), name="one_picture_a_number"),
                ],
            },
        ),
    ]
