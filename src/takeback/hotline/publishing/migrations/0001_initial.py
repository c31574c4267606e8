"""The list, the log and its platforms, and triggers that keep the log append-only."""

import django.db.models.deletion
from django.db import migrations, models


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
                ("sealed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.CharField(max_length=26, primary_key=True, serialize=False)),
                (
                    "lane",
                    models.CharField(
                        choices=[("self_reported", "self_reported"), ("confirmed", "confirmed")],
                        max_length=16,
                    ),
                ),
                ("listed_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Platform",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True)),
                ("token_digest", models.BinaryField(unique=True)),
                ("added_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Log",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("origin", models.CharField(max_length=255)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="one_log")
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
                ("event", models.BinaryField()),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="publishing.entry"
                    ),
                ),
            ],
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
            name="LogEntry",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("commitment", models.BinaryField()),
                ("nonce", models.BinaryField(null=True)),
                ("event", models.BinaryField(null=True)),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="publishing.entry"
                    ),
                ),
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
                        on_delete=django.db.models.deletion.PROTECT, to="publishing.entry"
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="publishing.platform"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["entry", "platform"], name="publishing__entry_i_d8557b_idx"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("platform", "said_id"), name="said_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="PlatformFetch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("size", models.BigIntegerField()),
                ("fetched_at", models.DateTimeField()),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="publishing.platform"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("platform", "size"), name="one_fetch_a_size")
                ],
            },
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION publishing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the log is append-only: % of % refused', TG_OP, TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation';
            END $$;
            CREATE TRIGGER log_append_only
                BEFORE UPDATE OR DELETE OR TRUNCATE ON publishing_log
                FOR EACH STATEMENT EXECUTE FUNCTION publishing_refuse_change();
            CREATE TRIGGER log_append_only
                BEFORE UPDATE OR DELETE OR TRUNCATE ON publishing_tilehash
                FOR EACH STATEMENT EXECUTE FUNCTION publishing_refuse_change();
            CREATE TRIGGER log_append_only
                BEFORE UPDATE OR DELETE OR TRUNCATE ON publishing_checkpoint
                FOR EACH STATEMENT EXECUTE FUNCTION publishing_refuse_change();
            CREATE TRIGGER log_append_only
                BEFORE DELETE OR TRUNCATE ON publishing_logentry
                FOR EACH STATEMENT EXECUTE FUNCTION publishing_refuse_change();
            -- The one change there is: an opening may be erased, commitment and place stay.
            CREATE TRIGGER log_erase_only
                BEFORE UPDATE ON publishing_logentry
                FOR EACH ROW
                WHEN (
                    NEW.index IS DISTINCT FROM OLD.index
                    OR NEW.entry_id IS DISTINCT FROM OLD.entry_id
                    OR NEW.commitment IS DISTINCT FROM OLD.commitment
                    OR NEW.nonce IS NOT NULL
                    OR NEW.event IS NOT NULL
                )
                EXECUTE FUNCTION publishing_refuse_change();
            """,
            """
            DROP TRIGGER log_append_only ON publishing_log;
            DROP TRIGGER log_append_only ON publishing_tilehash;
            DROP TRIGGER log_append_only ON publishing_checkpoint;
            DROP TRIGGER log_append_only ON publishing_logentry;
            DROP TRIGGER log_erase_only ON publishing_logentry;
            DROP FUNCTION publishing_refuse_change();
            """,
        ),
    ]
