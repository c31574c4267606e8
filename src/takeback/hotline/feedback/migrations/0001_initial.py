"""What platforms say of entries, and what is in force there."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("entries", "0001_initial"),
        ("platforms", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeyAcknowledgement",
            fields=[
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="platforms.platformkey",
                    ),
                ),
                ("size", models.BigIntegerField()),
                ("acknowledged_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Feedback",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("said_id", models.UUIDField()),
                (
                    "value",
                    models.CharField(
                        choices=[
                            ("blocked", "blocked"),
                            ("pending_review", "pending_review"),
                            ("not_blocked", "not_blocked"),
                            ("not_the_same", "not_the_same"),
                        ],
                        max_length=16,
                    ),
                ),
                ("time", models.DateTimeField()),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="entries.entry",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="platforms.platform",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["entry", "platform"], name="feedback_fe_entry_i_f5298b_idx"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("platform", "said_id"), name="said_once")
                ],
            },
        ),
    ]
