import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import lineofsight.access.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0001_ledger'),
    ]

    operations = [
        migrations.CreateModel(
            name='LedgerHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.BigIntegerField()),
                ('root', models.BinaryField()),
                ('at', models.DateTimeField()),
                ('key', models.CharField(max_length=16)),
                ('signature', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='LedgerLeaf',
            fields=[
                ('place', models.BigIntegerField(primary_key=True, serialize=False)),
                ('row_id', models.BigIntegerField(unique=True)),
                ('hash', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='LedgerNode',
            fields=[
                ('pk', models.CompositePrimaryKey('level', 'place', blank=True, editable=False, primary_key=True, serialize=False)),
                ('level', models.SmallIntegerField()),
                ('place', models.BigIntegerField()),
                ('hash', models.BinaryField()),
            ],
        ),
        migrations.AddField(
            model_name='ledgerrow',
            name='address',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='ledgerrow',
            name='owners',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
        ),
        migrations.AddField(
            model_name='ledgerrow',
            name='path',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='ledgerrow',
            name='people',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
        ),
        migrations.AddField(
            model_name='ledgerrow',
            name='purpose',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='ledgerrow',
            name='records',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
        ),
        migrations.AddField(
            model_name='ledgerrow',
            name='request',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='ledgerrow',
            name='roles',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
        ),
        migrations.AddField(
            model_name='ledgerrow',
            name='rule',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='ledgerrow',
            name='written_in',
            field=models.BigIntegerField(db_default=lineofsight.access.models.TransactionNumber()),
        ),
        migrations.AddIndex(
            model_name='ledgerrow',
            index=models.Index(fields=['written_in', 'id'], name='ledger_order'),
        ),
        migrations.AddIndex(
            model_name='ledgerrow',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['people', 'owners'], name='ledger_about'),
        ),
        migrations.RunSQL(
            """
            CREATE TRIGGER access_ledger_append_only BEFORE UPDATE OR DELETE ON access_ledgerleaf
                FOR EACH ROW EXECUTE FUNCTION access_ledger_is_append_only();
            CREATE TRIGGER access_ledger_append_only BEFORE UPDATE OR DELETE ON access_ledgernode
                FOR EACH ROW EXECUTE FUNCTION access_ledger_is_append_only();
            CREATE TRIGGER access_ledger_append_only BEFORE UPDATE OR DELETE ON access_ledgerhead
                FOR EACH ROW EXECUTE FUNCTION access_ledger_is_append_only();
            CREATE TRIGGER access_ledger_never_emptied BEFORE TRUNCATE ON access_ledgerrow
                FOR EACH STATEMENT EXECUTE FUNCTION access_ledger_is_append_only();
            CREATE TRIGGER access_ledger_never_emptied BEFORE TRUNCATE ON access_ledgerleaf
                FOR EACH STATEMENT EXECUTE FUNCTION access_ledger_is_append_only();
            CREATE TRIGGER access_ledger_never_emptied BEFORE TRUNCATE ON access_ledgernode
                FOR EACH STATEMENT EXECUTE FUNCTION access_ledger_is_append_only();
            CREATE TRIGGER access_ledger_never_emptied BEFORE TRUNCATE ON access_ledgerhead
                FOR EACH STATEMENT EXECUTE FUNCTION access_ledger_is_append_only();
            """,
            """
            DROP TRIGGER access_ledger_never_emptied ON access_ledgerhead;
            DROP TRIGGER access_ledger_never_emptied ON access_ledgernode;
            DROP TRIGGER access_ledger_never_emptied ON access_ledgerleaf;
            DROP TRIGGER access_ledger_never_emptied ON access_ledgerrow;
            DROP TRIGGER access_ledger_append_only ON access_ledgerhead;
            DROP TRIGGER access_ledger_append_only ON access_ledgernode;
            DROP TRIGGER access_ledger_append_only ON access_ledgerleaf;
            """,
        ),
    ]
