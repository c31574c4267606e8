"""Entries, holds and confirmations."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.CharField(max_length=26, primary_key=True, serialize=False)),
                (
                    "lane",
                    models.CharField(
                        choices=[
                            ("self_reported", "self_reported"),
                            ("confirmed", "confirmed"),
                            ("imported", "imported"),
                            ("test", "test"),
                        ],
                        max_length=16,
                    ),
                ),
                ("listed_at", models.DateTimeField()),
                ("suspended_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("pdq", models.BinaryField(null=True)),
                ("checked_in", models.BigIntegerField(db_index=True, null=True)),
                ("votes_seen", models.BigIntegerField(default=0)),
                ("recovered_at", models.DateTimeField(db_index=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Confirmation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("origin", models.CharField(max_length=255)),
                ("entry", models.CharField(max_length=26)),
                ("index", models.BigIntegerField()),
                ("commitment", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("origin", "entry"), name="one_confirmation_an_entry"
                    )
                ],
            },
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
                        to="entries.entry",
                    ),
                ),
                ("since", models.DateTimeField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("guard", "guard"),
                            ("crowd", "crowd"),
                            ("nothing_left", "nothing_left"),
                            ("suspended", "suspended"),
                            ("recovered", "recovered"),
                        ],
                        max_length=16,
                    ),
                ),
                ("count", models.IntegerField(default=0)),
                ("close_to", models.JSONField(default=list)),
                ("of_amendment", models.BooleanField(default=False)),
                ("decided_at", models.DateTimeField(db_index=True, null=True)),
            ],
        ),
    ]
