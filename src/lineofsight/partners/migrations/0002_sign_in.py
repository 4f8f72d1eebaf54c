import django.db.models.deletion
import django.utils.timezone
import lineofsight.partners.models
from django.conf import settings
from django.db import migrations, models


def own_references_and_approvals(apps, schema_editor):
    """Roles given before they needed approval stay in force, and each gets a reference of its own."""
    for held in apps.get_model("partners", "WorkerRole").objects.all():
        held.ref = lineofsight.partners.models.grant_ref()
        held.approved_at, held.approved_by = held.asked_at, "given before approval was needed"
        held.save(update_fields=["ref", "approved_at", "approved_by"])


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('words', models.CharField(max_length=80)),
                ('first_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='FailedTries',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('last_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='HomeDetails',
            fields=[
                ('worker', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='home', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('surname', models.CharField(max_length=80)),
                ('street', models.CharField(blank=True, max_length=120)),
                ('postcode', models.CharField(blank=True, max_length=10)),
                ('phone', models.CharField(blank=True, max_length=40)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('made_by', models.CharField(max_length=80)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SecondFactor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('app', 'App'), ('passkey', 'Passkey')], max_length=10)),
                ('name', models.CharField(max_length=60)),
                ('secret', models.TextField()),
                ('counter', models.BigIntegerField(default=0)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('id',),
            },
        ),
        migrations.CreateModel(
            name='SignIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(default=lineofsight.partners.models.sign_in_ref, editable=False, max_length=13, unique=True)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('proved_at', models.DateTimeField(blank=True, null=True)),
                ('proved_by_agency', models.BooleanField(default=False)),
                ('device_words', models.CharField(max_length=80)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_why', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'ordering': ('-started_at',),
            },
        ),
        migrations.CreateModel(
            name='Use',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('worker', models.CharField(max_length=13)),
                ('what', models.CharField(max_length=20)),
                ('stretch', models.BigIntegerField()),
                ('times', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name='agency',
            name='suspended_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='worker',
            name='ends',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='worker',
            name='subject_there',
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name='worker',
            name='suspended_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='worker',
            name='suspended_why',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='worker',
            name='training_until',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='workerrole',
            name='approved_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='workerrole',
            name='approved_by',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name='workerrole',
            name='asked_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name='workerrole',
            name='asked_by',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name='workerrole',
            name='confirmed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='workerrole',
            name='ref',
            field=models.CharField(default=lineofsight.partners.models.grant_ref, editable=False, max_length=13),
        ),
        migrations.AddField(
            model_name='workerrole',
            name='refused_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='workerrole',
            name='why',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.RunPython(own_references_and_approvals, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='workerrole',
            name='ref',
            field=models.CharField(default=lineofsight.partners.models.grant_ref, editable=False, max_length=13, unique=True),
        ),
        migrations.AddConstraint(
            model_name='worker',
            constraint=models.UniqueConstraint(condition=models.Q(('subject_there', ''), _negated=True), fields=('agency', 'subject_there'), name='one_worker_per_subject'),
        ),
        migrations.AddConstraint(
            model_name='workerrole',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at', None), ('approved_by', '')), models.Q(('approved_at__isnull', False), models.Q(('approved_by', ''), _negated=True)), _connector='OR'), name='approval_says_who_and_when'),
        ),
        migrations.AddConstraint(
            model_name='workerrole',
            constraint=models.CheckConstraint(condition=models.Q(('approved_at', None), ('refused_at', None), _connector='OR'), name='approved_or_refused'),
        ),
        migrations.AddField(
            model_name='device',
            name='worker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invitation',
            name='worker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='recoverycode',
            name='worker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='secondfactor',
            name='worker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='factors', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='signin',
            name='worker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sign_ins', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='use',
            constraint=models.UniqueConstraint(fields=('worker', 'what', 'stretch'), name='use_once'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.UniqueConstraint(fields=('worker', 'digest'), name='device_once_per_worker'),
        ),
        migrations.AddConstraint(
            model_name='recoverycode',
            constraint=models.UniqueConstraint(fields=('worker', 'digest'), name='recovery_code_once'),
        ),
        migrations.AddIndex(
            model_name='signin',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['worker'], name='sign_in_open'),
        ),
    ]
