"""The audit record, and triggers that keep it append-only."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
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
            CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the audit record is append-only: % refused', TG_OP
                    USING ERRCODE = 'integrity_constraint_violation';
            END $$;
            CREATE TRIGGER audit_append_only
                BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_auditrecord
                FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
            """,
            """
            DROP TRIGGER audit_append_only ON audit_auditrecord;
            DROP FUNCTION audit_refuse_change();
            """,
        ),
    ]
