"""A platform with several gates has the list in force when all of them have."""

import django.db.models.deletion
from django.db import migrations, models

_MOVE = """
INSERT INTO publishing_keyacknowledgement (key_id, size, acknowledged_at)
SELECT (
    SELECT max(id) FROM publishing_platformkey AS key
    WHERE key.platform_id = said.platform_id AND key.revoked_at IS NULL
), size, acknowledged_at FROM publishing_platformacknowledgement AS said
WHERE EXISTS (
    SELECT 1 FROM publishing_platformkey AS key
    WHERE key.platform_id = said.platform_id AND key.revoked_at IS NULL
)
"""


class Migration(migrations.Migration):
    """Acknowledgements by key; those by platform go to its newest key."""

    dependencies = (("publishing", "0016_new_log"),)

    operations = (
        migrations.CreateModel(
            name="KeyAcknowledgement",
            fields=[
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="publishing.platformkey",
                    ),
                ),
                ("size", models.BigIntegerField()),
                ("acknowledged_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(_MOVE, migrations.RunSQL.noop),
        migrations.DeleteModel("PlatformAcknowledgement"),
    )
