import common.tenancy
import common.securing
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('invoices', '0001_receivables'),
        ('organizations', '0001_opening'),
    ]

    operations = [
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('allocated_minor', models.BigIntegerField(default=0)),
                ('received_on', models.DateField(verbose_name='received')),
                ('method', models.CharField(choices=[('transfer', 'Transfer'), ('card', 'Card'), ('direct_debit', 'Direct debit'), ('cheque', 'Cheque'), ('cash', 'Cash'), ('effect', 'Bill of exchange'), ('set_off', 'Set-off'), ('other', 'Other')], default='transfer', max_length=12, verbose_name='means')),
                ('source', models.CharField(choices=[('bank', 'Bank statement'), ('manual', 'Entered by hand'), ('api', 'API')], max_length=8, verbose_name='source')),
                ('reference', models.CharField(blank=True, max_length=140, verbose_name='reference')),
                ('created_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('customer', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.customer')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'payments',
            },
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('allocated_at', models.DateTimeField()),
                ('invoice', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.invoice')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('reverses', common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='payments.allocation')),
                ('payment', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='payments.payment')),
            ],
            options={
                'default_related_name': 'allocations',
            },
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['organization', 'customer'], name='payment_of_customer'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['organization', '-received_on', '-id'], name='payment_latest'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='payment_positive'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('allocated_minor__gte', 0), ('allocated_minor__lte', models.F('amount_minor'))), name='payment_allocated_between_zero_and_amount'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('undone_at__isnull', True), ('allocated_minor', 0), _connector='OR'), name='payment_undone_settles_nothing'),
        ),
        migrations.AddIndex(
            model_name='allocation',
            index=models.Index(fields=['organization', 'payment'], name='allocation_of_payment'),
        ),
        migrations.AddIndex(
            model_name='allocation',
            index=models.Index(fields=['organization', 'invoice'], name='allocation_of_invoice'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_minor__gt', 0), ('reverses__isnull', True)), models.Q(('amount_minor__lt', 0), ('reverses__isnull', False)), _connector='OR'), name='allocation_negative_only_to_reverse'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.UniqueConstraint(fields=('organization', 'reverses'), name='allocation_reversed_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allocation',
            trigger=pgtrigger.compiler.Trigger(name='allocations_are_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a8c99b2ca97f51443592e274593e3ffc308a546d', operation='UPDATE OR DELETE', pgid='pgtrigger_allocations_are_append_only_6e322', table='payments_allocation', when='BEFORE')),
        ),
        common.securing.SecureTable('Payment'),
        common.securing.SecureTable('Allocation'),
        common.securing.AppendOnly('Allocation'),
        common.securing.TriggersAlwaysRun(),
    ]
