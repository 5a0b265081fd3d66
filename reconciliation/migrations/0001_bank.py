import common.tenancy
import common.securing
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organizations', '0001_opening'),
        ('payments', '0001_payments'),
    ]

    operations = [
        migrations.CreateModel(
            name='BankAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('identity', models.CharField(max_length=80)),
                ('iban', models.CharField(blank=True, max_length=34, verbose_name='IBAN')),
                ('name', models.CharField(blank=True, max_length=80, verbose_name='name')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('confirmed', models.BooleanField(default=False)),
                ('applies_by_itself', models.BooleanField(default=True)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'bank_accounts',
            },
        ),
        migrations.CreateModel(
            name='BankTransaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('booked_on', models.DateField()),
                ('value_on', models.DateField(blank=True, null=True)),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('name', models.CharField(blank=True, max_length=250)),
                ('label', models.TextField()),
                ('reference', models.CharField(blank=True, max_length=250)),
                ('operation', models.CharField(blank=True, max_length=40)),
                ('fingerprint', models.CharField(max_length=64)),
                ('occurrence', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('unmatched', 'To clear'), ('suggested', 'Suggested'), ('applied', 'Matched'), ('not_customer', 'Not a customer payment')], default='unmatched', max_length=12)),
                ('method', models.CharField(blank=True, max_length=20)),
                ('reasons', models.JSONField(blank=True, default=list)),
                ('account', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='reconciliation.bankaccount')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'bank_transactions',
            },
        ),
        migrations.CreateModel(
            name='Match',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('method', models.CharField(max_length=20)),
                ('actor', models.CharField(max_length=40)),
                ('matched_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('payment', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='payments.payment')),
                ('transaction', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='reconciliation.banktransaction')),
            ],
            options={
                'default_related_name': 'matches',
            },
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('format', models.CharField(max_length=10)),
                ('from_on', models.DateField(blank=True, null=True)),
                ('to_on', models.DateField(blank=True, null=True)),
                ('opening_minor', models.BigIntegerField(blank=True, null=True)),
                ('closing_minor', models.BigIntegerField(blank=True, null=True)),
                ('currency', models.CharField(max_length=3)),
                ('lines', models.PositiveIntegerField()),
                ('new', models.PositiveIntegerField()),
                ('known', models.PositiveIntegerField()),
                ('imported_at', models.DateTimeField()),
                ('account', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='reconciliation.bankaccount')),
                ('file', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.storedfile')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'statements',
            },
        ),
        migrations.CreateModel(
            name='QuarantinedLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row', models.PositiveIntegerField()),
                ('code', models.CharField(max_length=40)),
                ('message', models.CharField(max_length=250)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('statement', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='reconciliation.statement')),
            ],
            options={
                'default_related_name': 'quarantined_lines',
            },
        ),
        migrations.AddField(
            model_name='banktransaction',
            name='statement',
            field=common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='reconciliation.statement'),
        ),
        migrations.AddConstraint(
            model_name='bankaccount',
            constraint=models.UniqueConstraint(fields=('organization', 'identity', 'currency'), name='bank_account_known_once'),
        ),
        migrations.AddIndex(
            model_name='match',
            index=models.Index(fields=['organization', 'payment'], name='match_of_payment'),
        ),
        migrations.AddConstraint(
            model_name='match',
            constraint=models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('organization', 'transaction'), name='match_stands_once_per_transaction'),
        ),
        migrations.AddIndex(
            model_name='statement',
            index=models.Index(fields=['organization', '-imported_at'], name='statement_latest'),
        ),
        migrations.AddIndex(
            model_name='banktransaction',
            index=models.Index(condition=models.Q(('amount_minor__gt', 0), ('state__in', ['unmatched', 'suggested'])), fields=['organization', 'booked_on', 'id'], name='bank_transaction_to_clear'),
        ),
        migrations.AddIndex(
            model_name='banktransaction',
            index=models.Index(fields=['organization', '-booked_on', '-id'], name='bank_transaction_latest'),
        ),
        migrations.AddConstraint(
            model_name='banktransaction',
            constraint=models.UniqueConstraint(fields=('organization', 'account', 'fingerprint', 'occurrence'), name='bank_transaction_once_per_account'),
        ),
        common.securing.SecureTable('BankAccount'),
        common.securing.SecureTable('Statement'),
        common.securing.SecureTable('QuarantinedLine'),
        common.securing.SecureTable('BankTransaction'),
        common.securing.SecureTable('Match'),
    ]
