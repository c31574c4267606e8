"""When a key was last used."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Last use, to the minute."""

    dependencies = (("publishing", "0010_invitations"),)

    operations = (
        migrations.AddField(
            model_name="platformkey",
            name="last_used_at",
            field=models.DateTimeField(null=True),
        ),
    )
