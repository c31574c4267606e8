"""A lane for what other organisations list."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The lane of imported entries; who fetches all lanes fetches it, too."""

    dependencies = (("publishing", "0011_key_last_used"),)

    operations = (
        migrations.AlterField(
            "entry",
            "lane",
            models.CharField(
                choices=[
                    ("self_reported", "self_reported"),
                    ("confirmed", "confirmed"),
                    ("imported", "imported"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField("platformfetch", "lanes", models.SmallIntegerField(default=7)),
    )
