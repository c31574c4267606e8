"""A lane for harmless entries with which platforms try their gates."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The lane of test entries; who fetches all lanes fetches it, too."""

    dependencies = (("publishing", "0014_webhooks"),)

    operations = (
        migrations.AlterField(
            "entry",
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
        migrations.AlterField("platformfetch", "lanes", models.SmallIntegerField(default=15)),
    )
