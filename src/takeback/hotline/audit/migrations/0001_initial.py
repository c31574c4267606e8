"""The audit record and its actors, and triggers that keep them append-only."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="KnownActor",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=16)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "reporter",
                                    "appellant",
                                    "platforms",
                                    "hotline",
                                    "worker",
                                    "operator",
                                    "staff",
                                    "invitation",
                                ],
                            )
                        ),
                        name="audit_kind_of_actor",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditRecord",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("time", models.DateTimeField()),
                ("verb", models.CharField(max_length=64)),
                ("subject", models.CharField(max_length=128)),
                ("actor", models.CharField(max_length=64)),
                ("link", models.BinaryField()),
            ],
        ),
        migrations.RunSQL(
            """
            INSERT INTO audit_knownactor (name, kind) VALUES
                ('reporter', 'reporter'),
                ('appellant', 'appellant'),
                ('platforms', 'platforms'),
                ('hotline', 'hotline'),
                ('worker', 'worker'),
                ('operator', 'operator');
            CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the audit record is append-only: % refused', TG_OP
                    USING ERRCODE = 'integrity_constraint_violation';
            END $$;
            CREATE TRIGGER audit_append_only
                BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_auditrecord
                FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
            CREATE TRIGGER audit_actors_append_only
                BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_knownactor
                FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
            CREATE FUNCTION audit_refuse_unknown_actor() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                unknown text;
            BEGIN
                SELECT actor INTO unknown FROM (SELECT DISTINCT actor FROM written) AS acted
                    WHERE NOT EXISTS (SELECT FROM audit_knownactor WHERE name = acted.actor)
                    LIMIT 1;
                IF unknown IS NOT NULL THEN
                    RAISE EXCEPTION 'the audit record knows no actor %', unknown
                        USING ERRCODE = 'foreign_key_violation';
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER audit_known_actor
                AFTER INSERT ON audit_auditrecord
                REFERENCING NEW TABLE AS written
                FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_unknown_actor();
            """,
            """
            DROP TRIGGER audit_known_actor ON audit_auditrecord;
            DROP FUNCTION audit_refuse_unknown_actor();
            DROP TRIGGER audit_actors_append_only ON audit_knownactor;
            DROP TRIGGER audit_append_only ON audit_auditrecord;
            DROP FUNCTION audit_refuse_change();
            """,
        ),
    ]
