from django.db import migrations, models
import django.db.models.functions.datetime


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="LedgerRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("actor", models.CharField(max_length=80)),
                ("actor_name", models.CharField(max_length=200)),
                ("agency", models.CharField(blank=True, max_length=20)),
                ("action", models.CharField(max_length=60)),
                ("outcome", models.CharField(max_length=20)),
                ("kind", models.CharField(max_length=40)),
                ("ref", models.CharField(blank=True, max_length=80)),
                ("detail", models.JSONField(default=dict)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "ref", "-id"], name="ledger_subject"),
                    models.Index(fields=["actor", "-id"], name="ledger_actor"),
                ],
            },
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION access_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the ledger is append-only';
            END $$;
            CREATE TRIGGER access_ledger_append_only BEFORE UPDATE OR DELETE ON access_ledgerrow
                FOR EACH ROW EXECUTE FUNCTION access_ledger_is_append_only();
            """,
            "DROP TRIGGER access_ledger_append_only ON access_ledgerrow; DROP FUNCTION access_ledger_is_append_only();",
        ),
    ]
