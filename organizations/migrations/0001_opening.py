import django.contrib.postgres.fields
import common.securing
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('common', '0001_privileges'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='email address')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('is_active', models.BooleanField(default=True)),
                ('joined_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_in_lower_case')],
            },
        ),
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('country', models.CharField(default='FR', max_length=2, verbose_name='country')),
                ('region', models.CharField(blank=True, max_length=20, verbose_name='region')),
                ('timezone', models.CharField(default='Europe/Paris', max_length=40, verbose_name='time zone')),
                ('language', models.CharField(default='fr', max_length=2, verbose_name='language')),
                ('currency', models.CharField(default='EUR', max_length=3, verbose_name='currency')),
                ('plan', models.CharField(choices=[('free', 'Free'), ('unlimited', 'Unlimited')], default='free', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('siren', models.CharField(blank=True, max_length=9, verbose_name='SIREN')),
                ('vat_number', models.CharField(blank=True, max_length=20, verbose_name='VAT number')),
                ('address', models.TextField(blank=True, verbose_name='address')),
                ('postcode', models.CharField(blank=True, max_length=16, verbose_name='postcode')),
                ('city', models.CharField(blank=True, max_length=80, verbose_name='city')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='reply address')),
                ('phone', models.CharField(blank=True, max_length=24, verbose_name='phone')),
                ('signatory', models.CharField(blank=True, max_length=120, verbose_name='signed by')),
                ('legal_footer', models.CharField(blank=True, max_length=240, verbose_name='legal line')),
                ('iban', models.CharField(blank=True, max_length=34, verbose_name='IBAN')),
                ('bic', models.CharField(blank=True, max_length=11, verbose_name='BIC')),
                ('sending_hour', models.PositiveSmallIntegerField(default=9, verbose_name='sending hour')),
                ('gap_days', models.PositiveSmallIntegerField(default=2, verbose_name='days between two contacts')),
                ('cap_count', models.PositiveSmallIntegerField(default=3, verbose_name='contacts at most')),
                ('cap_days', models.PositiveSmallIntegerField(default=7, verbose_name='in days')),
                ('backlog_per_day', models.PositiveSmallIntegerField(default=20, verbose_name='first contacts a day')),
                ('approval_until', models.DateField(blank=True, null=True, verbose_name='reminders are approved until')),
                ('stopped_at', models.DateTimeField(blank=True, null=True)),
                ('last_round_on', models.DateField(blank=True, null=True)),
                ('bank_data_until', models.DateField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('sending_hour__lte', 23)), name='organization_sends_within_the_day'), models.CheckConstraint(condition=models.Q(('cap_count__gte', 1), ('cap_days__gte', 1)), name='organization_may_contact_at_least_once')],
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('prefix', models.CharField(max_length=12, unique=True)),
                ('secret_hash', models.CharField(max_length=64)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('read', 'Read everything'), ('write', 'Write customers and invoices'), ('collect', 'Ask: messages, calls, holds'), ('bank', 'Statements, matches and payments'), ('admin', 'Settings, members and keys')], max_length=8), size=None)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_keys', to='organizations.organization')),
            ],
        ),
        migrations.CreateModel(
            name='ScheduleRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job', models.CharField(max_length=120)),
                ('period', models.CharField(max_length=40)),
                ('started_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('job', 'period'), name='schedule_run_once_per_period')],
            },
        ),
        migrations.CreateModel(
            name='TimelineHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.BigIntegerField(default=0)),
                ('seal', models.CharField(default='', max_length=64)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('collector', 'Collector'), ('accountant', 'Accountant')], max_length=12, verbose_name='role')),
                ('joined_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'memberships',
                'constraints': [models.UniqueConstraint(fields=('organization', 'user'), name='membership_unique_per_person')],
            },
        ),
        migrations.CreateModel(
            name='IdempotentRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=255)),
                ('fingerprint', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('body', models.BinaryField(default=b'')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('api_key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='organizations.apikey')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organization', 'api_key', 'key'), name='idempotent_request_unique_per_key')],
            },
        ),
        migrations.CreateModel(
            name='StoredFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField()),
                ('content', models.BinaryField()),
                ('received_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'stored_files',
                'constraints': [models.UniqueConstraint(fields=('organization', 'sha256'), name='stored_file_kept_once')],
            },
        ),
        migrations.CreateModel(
            name='TimelineEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.BigIntegerField()),
                ('kind', models.CharField(max_length=60)),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=40)),
                ('about', models.JSONField(default=dict)),
                ('data', models.JSONField(default=dict)),
                ('customer_id', models.BigIntegerField(null=True)),
                ('invoice_id', models.BigIntegerField(null=True)),
                ('seal', models.CharField(max_length=64)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['organization', 'customer_id', 'position'], name='timeline_of_customer'), models.Index(fields=['organization', 'invoice_id', 'position'], name='timeline_of_invoice')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'position'), name='timeline_position_used_once')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='timelineevent',
            trigger=pgtrigger.compiler.Trigger(name='timeline_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6d328cd1757cad4d74ba8c2883c04f0e728f57d8', operation='UPDATE OR DELETE', pgid='pgtrigger_timeline_is_append_only_5c6b0', table='organizations_timelineevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='timelinehead',
            constraint=models.UniqueConstraint(fields=('organization',), name='timeline_has_one_head'),
        ),
        common.securing.SecureTable('IdempotentRequest'),
        common.securing.SecureTable('StoredFile'),
        common.securing.SecureTable('TimelineHead'),
        common.securing.SecureTable('TimelineEvent'),
        common.securing.AppendOnly('TimelineEvent'),
        common.securing.TriggersAlwaysRun(),
    ]
