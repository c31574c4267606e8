"""Says of each event in which lanes its entry had been by then, and of each fetch which it gave."""

from django.db import migrations, models

# An event that was erased says nothing of its lane any more: it counts for both. The log refuses
# every change (migration 0001), so its guard is down for this one.
_FILL = """
ALTER TABLE publishing_logentry DISABLE TRIGGER USER;
UPDATE publishing_logentry AS kept SET lanes = known.lanes FROM (
    SELECT index, bit_or(CASE
        WHEN event IS NULL THEN 3
        WHEN convert_from(event, 'UTF8')::jsonb ->> 'lane' = 'self_reported' THEN 1
        WHEN convert_from(event, 'UTF8')::jsonb ->> 'lane' = 'confirmed' THEN 2
        ELSE 0
    END) OVER (PARTITION BY entry_id ORDER BY index) AS lanes
    FROM publishing_logentry WHERE entry_id IS NOT NULL
) AS known WHERE known.index = kept.index;
ALTER TABLE publishing_logentry ENABLE TRIGGER USER;
"""
_GUARD = """
DROP TRIGGER log_erase_only ON publishing_logentry;
CREATE TRIGGER log_erase_only
    BEFORE UPDATE ON publishing_logentry
    FOR EACH ROW
    WHEN (
        NEW.index IS DISTINCT FROM OLD.index
        OR NEW.entry_id IS DISTINCT FROM OLD.entry_id
        OR NEW.commitment IS DISTINCT FROM OLD.commitment
        OR NEW.lanes IS DISTINCT FROM OLD.lanes
        OR NEW.nonce IS NOT NULL
        OR NEW.event IS NOT NULL
    )
    EXECUTE FUNCTION publishing_refuse_change();
"""


class Migration(migrations.Migration):
    """Lanes of events and of fetches."""

    dependencies = (("publishing", "0007_platform_keys"),)

    operations = (
        migrations.AddField("logentry", "lanes", models.SmallIntegerField(null=True)),
        migrations.RunSQL([_FILL, _GUARD]),
        migrations.AddField("platformfetch", "lanes", models.SmallIntegerField(default=3)),
        migrations.RemoveConstraint("platformfetch", "one_fetch_a_size"),
        migrations.AddConstraint(
            "platformfetch",
            models.UniqueConstraint(fields=("platform", "size", "lanes"), name="one_fetch_a_size"),
        ),
    )
