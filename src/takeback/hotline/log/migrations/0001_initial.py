"""The log, and triggers that keep it append-only."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import takeback.hotline.log.domain

_APPEND_ONLY = """
CREATE FUNCTION log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % of % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER log_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON log_log
    FOR EACH STATEMENT EXECUTE FUNCTION log_refuse_change();
CREATE TRIGGER log_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON log_tilehash
    FOR EACH STATEMENT EXECUTE FUNCTION log_refuse_change();
CREATE TRIGGER log_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON log_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION log_refuse_change();
CREATE TRIGGER log_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON log_cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION log_refuse_change();
CREATE TRIGGER log_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON log_publication
    FOR EACH STATEMENT EXECUTE FUNCTION log_refuse_change();
CREATE TRIGGER log_append_only
    BEFORE DELETE OR TRUNCATE ON log_logentry
    FOR EACH STATEMENT EXECUTE FUNCTION log_refuse_change();
-- The one change there is: an opening may be erased. Commitment and place stay, and so does all
-- that is said beside them.
CREATE TRIGGER log_erase_only
    BEFORE UPDATE ON log_logentry
    FOR EACH ROW
    WHEN (
        NEW.index IS DISTINCT FROM OLD.index
        OR NEW.subject IS DISTINCT FROM OLD.subject
        OR NEW.kind IS DISTINCT FROM OLD.kind
        OR NEW.adds IS DISTINCT FROM OLD.adds
        OR NEW.priority IS DISTINCT FROM OLD.priority
        OR NEW.audience IS DISTINCT FROM OLD.audience
        OR NEW.commitment IS DISTINCT FROM OLD.commitment
        OR NEW.nonce IS NOT NULL
        OR NEW.event IS NOT NULL
    )
    EXECUTE FUNCTION log_refuse_change();
"""

_NO_LONGER_APPEND_ONLY = """
DROP TRIGGER log_append_only ON log_log;
DROP TRIGGER log_append_only ON log_tilehash;
DROP TRIGGER log_append_only ON log_checkpoint;
DROP TRIGGER log_append_only ON log_cosignature;
DROP TRIGGER log_append_only ON log_publication;
DROP TRIGGER log_append_only ON log_logentry;
DROP TRIGGER log_erase_only ON log_logentry;
DROP FUNCTION log_refuse_change();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("note", models.BinaryField()),
                ("frontier", models.BinaryField()),
                ("rules", models.JSONField()),
                ("signed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="WitnessState",
            fields=[
                ("key", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("size", models.BigIntegerField(default=0)),
                ("cosigned_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(default="", max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                (
                    "checkpoint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="log.checkpoint",
                    ),
                ),
                ("published_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Log",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("origin", models.CharField(max_length=255)),
                ("mark", models.UUIDField(default=uuid.uuid4)),
                ("first_key", models.CharField(default="log-key", max_length=40)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="one_log")
                ],
            },
        ),
        migrations.CreateModel(
            name="LogEntry",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("subject", models.CharField(db_index=True, max_length=26, null=True)),
                ("kind", models.CharField(max_length=16)),
                ("adds", models.BooleanField()),
                ("priority", models.SmallIntegerField(choices=[(0, "FIRST"), (1, "LAST")])),
                ("audience", models.SmallIntegerField(null=True)),
                ("commitment", models.BinaryField()),
                ("nonce", models.BinaryField(null=True)),
                ("event", models.BinaryField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("index__gte", 0)), name="log_index_from_zero"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("event__isnull", True), ("nonce__isnull", True)),
                            models.Q(("event__isnull", False), ("nonce__isnull", False)),
                            _connector="OR",
                        ),
                        name="opening_whole_or_gone",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PendingEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(db_index=True, max_length=26, null=True)),
                ("kind", models.CharField(max_length=16)),
                ("event", models.BinaryField()),
                ("adds", models.BooleanField()),
                ("audience", models.SmallIntegerField(default=0)),
                (
                    "priority",
                    models.SmallIntegerField(
                        choices=[(0, "FIRST"), (1, "LAST")],
                        default=takeback.hotline.log.domain.Priority["FIRST"],
                    ),
                ),
                (
                    "waits_for",
                    models.CharField(
                        blank=True,
                        choices=[("", ""), ("check", "check"), ("person", "person")],
                        default=takeback.hotline.log.domain.WaitsFor["NOTHING"],
                        max_length=8,
                    ),
                ),
                ("sent_in", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["waits_for", "priority", "adds", "id"], name="what_can_go")
                ],
            },
        ),
        migrations.CreateModel(
            name="TileHash",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("level", "index"), name="one_hash_a_tile")
                ],
            },
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=300)),
                ("line", models.BinaryField()),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="log.checkpoint"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("checkpoint", "key"), name="cosigned_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Doubt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("shown", "SHOWN"), ("mark", "MARK"), ("restored", "RESTORED")],
                        max_length=8,
                    ),
                ),
                ("source", models.CharField(max_length=300)),
                ("size", models.BigIntegerField(default=0)),
                ("note", models.BinaryField(null=True)),
                ("why", models.CharField(blank=True, default="", max_length=500)),
                ("since", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "source"), name="one_doubt_a_source")
                ],
            },
        ),
        migrations.RunSQL(_APPEND_ONLY, _NO_LONGER_APPEND_ONLY),
    ]
