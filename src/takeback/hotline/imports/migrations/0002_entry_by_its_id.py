"""An imported entry names the list's entry by its id, as every other feature does."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A column without a foreign key."""

    dependencies = (("imports", "0001_initial"),)

    operations = (
        migrations.AlterField(
            "ImportedEntry", "entry", models.CharField(max_length=26, unique=True)
        ),
    )
