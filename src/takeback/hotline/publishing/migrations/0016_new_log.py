"""Another log can take the place of one whose key was stolen: with a key file of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Which key a log began with, and why an entry that was suspended waits in the next."""

    dependencies = (("publishing", "0015_test_lane"),)

    operations = (
        migrations.AddField("log", "first_key", models.CharField(default="log-key", max_length=40)),
        migrations.AlterField(
            "hold",
            "reason",
            models.CharField(
                choices=[
                    ("guard", "guard"),
                    ("crowd", "crowd"),
                    ("nothing_left", "nothing_left"),
                    ("suspended", "suspended"),
                ],
                max_length=16,
            ),
        ),
    )
