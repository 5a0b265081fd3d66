import common.tenancy
import django.contrib.postgres.fields
import common.securing
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organizations', '0001_opening'),
    ]

    operations = [
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, verbose_name='code')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('trading_name', models.CharField(blank=True, max_length=200, verbose_name='trading name')),
                ('siren', models.CharField(blank=True, max_length=9, verbose_name='SIREN')),
                ('vat_number', models.CharField(blank=True, max_length=20, verbose_name='VAT number')),
                ('language', models.CharField(default='fr', max_length=2, verbose_name='language')),
                ('address', models.TextField(blank=True, verbose_name='address')),
                ('postcode', models.CharField(blank=True, max_length=16, verbose_name='postcode')),
                ('city', models.CharField(blank=True, max_length=80, verbose_name='city')),
                ('country', models.CharField(default='FR', max_length=2, verbose_name='country')),
                ('segment', models.CharField(blank=True, max_length=40, verbose_name='segment')),
                ('group_code', models.CharField(blank=True, max_length=40, verbose_name='group')),
                ('external_id', models.CharField(blank=True, max_length=80)),
                ('ibans', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=34), blank=True, default=list, size=None)),
                ('created_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'customers',
            },
        ),
        migrations.CreateModel(
            name='CreditNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=64, verbose_name='number')),
                ('issued_on', models.DateField(verbose_name='issued')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('total_minor', models.BigIntegerField()),
                ('applied_minor', models.BigIntegerField(default=0)),
                ('applied_elsewhere_minor', models.BigIntegerField(default=0)),
                ('external_id', models.CharField(blank=True, max_length=80)),
                ('created_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('customer', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.customer')),
            ],
            options={
                'default_related_name': 'credit_notes',
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rank', models.PositiveSmallIntegerField(default=1, verbose_name='order')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('role', models.CharField(blank=True, max_length=60, verbose_name='role')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email')),
                ('phone', models.CharField(blank=True, max_length=24, verbose_name='phone')),
                ('language', models.CharField(blank=True, max_length=2, verbose_name='language')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('customer', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, to='invoices.customer')),
            ],
            options={
                'ordering': ['rank', 'pk'],
                'default_related_name': 'contacts',
            },
        ),
        migrations.CreateModel(
            name='ImportedFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('invoices', 'Invoices'), ('customers', 'Customers'), ('payments', 'Payments')], max_length=10)),
                ('actor', models.CharField(max_length=40)),
                ('imported_at', models.DateTimeField()),
                ('report', models.JSONField(default=dict)),
                ('file', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.storedfile')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'imported_files',
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=64, verbose_name='number')),
                ('number_norm', models.CharField(max_length=64)),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('deposit', 'Deposit invoice')], default='invoice', max_length=8, verbose_name='kind')),
                ('issued_on', models.DateField(verbose_name='issued')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('total_minor', models.BigIntegerField()),
                ('settled_minor', models.BigIntegerField(default=0)),
                ('settled_elsewhere_minor', models.BigIntegerField(default=0)),
                ('imported_settled_minor', models.BigIntegerField(default=0)),
                ('written_off_minor', models.BigIntegerField(default=0)),
                ('order_number', models.CharField(blank=True, max_length=64, verbose_name='order number')),
                ('external_id', models.CharField(blank=True, max_length=80)),
                ('recorded_on', models.DateField()),
                ('created_at', models.DateTimeField()),
                ('customer', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.customer')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'invoices',
            },
        ),
        migrations.CreateModel(
            name='Instalment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_on', models.DateField(verbose_name='due')),
                ('currency', models.CharField(max_length=3)),
                ('amount_minor', models.BigIntegerField()),
                ('settled_minor', models.BigIntegerField(default=0)),
                ('settled_on', models.DateField(blank=True, null=True)),
                ('cycle', models.PositiveSmallIntegerField(default=1)),
                ('customer', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.customer')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('invoice', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.invoice')),
            ],
            options={
                'default_related_name': 'instalments',
            },
        ),
        migrations.CreateModel(
            name='CreditAllocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('applied_on', models.DateField()),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('credit_note', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.creditnote')),
                ('invoice', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.invoice')),
            ],
            options={
                'default_related_name': 'credit_allocations',
            },
        ),
        migrations.CreateModel(
            name='WriteOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.CharField(max_length=200)),
                ('written_off_on', models.DateField()),
                ('invoice', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.invoice')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'write_offs',
            },
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('siren', ''), _negated=True), fields=['organization', 'siren'], name='customer_by_siren'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(fields=('organization', 'code'), name='customer_code_unique_per_organization'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('organization', 'external_id'), name='customer_external_id_unique_per_organization'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(fields=['organization', 'customer'], name='credit_note_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.UniqueConstraint(fields=('organization', 'number'), name='credit_note_number_unique_per_organization'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(('applied_minor__gte', 0), ('total_minor__gt', 0), ('applied_minor__lte', models.F('total_minor'))), name='credit_note_applied_between_zero_and_total'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(fields=['organization', 'customer'], name='contact_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='contact',
            constraint=models.CheckConstraint(condition=models.Q(('email', ''), ('phone', ''), _negated=True), name='contact_can_be_written_to_or_called'),
        ),
        migrations.AddIndex(
            model_name='importedfile',
            index=models.Index(fields=['organization', '-imported_at'], name='imported_file_latest'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(fields=['organization', 'customer'], name='invoice_of_customer'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('settled_minor__lt', models.F('total_minor'))), fields=['organization', 'number_norm'], name='invoice_open_by_number'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(fields=('organization', 'number'), name='invoice_number_unique_per_organization'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('organization', 'external_id'), name='invoice_external_id_unique_per_organization'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('total_minor__gt', 0)), name='invoice_total_positive'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('settled_minor__gte', 0), ('settled_minor__lte', models.F('total_minor'))), name='invoice_settled_between_zero_and_total'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='invoice_total_is_the_sum_of_its_instalments', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM set_config('enable_seqscan', 'off', true);\n    IF (SELECT total_minor FROM invoices_invoice\n        WHERE organization_id = NEW.organization_id AND id = NEW.id)\n       IS DISTINCT FROM\n       (SELECT sum(amount_minor) FROM invoices_instalment\n        WHERE organization_id = NEW.organization_id AND invoice_id = NEW.id)\n    THEN\n        RAISE EXCEPTION 'The instalments of invoice % do not add up to its total.', NEW.id\n            USING ERRCODE = 'check_violation',\n                  CONSTRAINT = 'invoice_total_is_the_sum_of_its_instalments';\n    END IF;\n    RETURN NULL;\n", hash='fd24f832b43e375e945720509eeebd21dcb2d8e8', operation='INSERT OR UPDATE OF "total_minor"', pgid='pgtrigger_invoice_total_is_the_sum_of_its_instalments_096c6', table='invoices_invoice', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='instalment',
            index=models.Index(models.F('organization'), models.F('due_on'), condition=models.Q(('settled_minor__lt', models.F('amount_minor'))), include=('customer', 'amount_minor', 'settled_minor', 'currency'), name='instalment_open_by_due_date'),
        ),
        migrations.AddIndex(
            model_name='instalment',
            index=models.Index(condition=models.Q(('settled_on__isnull', False)), fields=['organization', 'settled_on'], name='instalment_by_settlement'),
        ),
        migrations.AddIndex(
            model_name='instalment',
            index=models.Index(fields=['organization', 'invoice'], name='instalment_of_invoice'),
        ),
        migrations.AddIndex(
            model_name='instalment',
            index=models.Index(fields=['organization', 'customer'], name='instalment_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='instalment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='instalment_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='instalment',
            constraint=models.CheckConstraint(condition=models.Q(('settled_minor__gte', 0), ('settled_minor__lte', models.F('amount_minor'))), name='instalment_settled_between_zero_and_amount'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='instalment',
            trigger=pgtrigger.compiler.Trigger(name='instalments_add_up_to_their_invoice', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM set_config('enable_seqscan', 'off', true);\n    IF (SELECT total_minor FROM invoices_invoice\n        WHERE organization_id = NEW.organization_id AND id = NEW.invoice_id)\n       IS DISTINCT FROM\n       (SELECT sum(amount_minor) FROM invoices_instalment\n        WHERE organization_id = NEW.organization_id AND invoice_id = NEW.invoice_id)\n    THEN\n        RAISE EXCEPTION 'The instalments of invoice % do not add up to its total.', NEW.invoice_id\n            USING ERRCODE = 'check_violation',\n                  CONSTRAINT = 'invoice_total_is_the_sum_of_its_instalments';\n    END IF;\n    RETURN NULL;\n", hash='f0392f7e47aaacfdb0fe102bbfd87c352090d65c', operation='INSERT OR UPDATE OF "amount_minor", "invoice_id"', pgid='pgtrigger_instalments_add_up_to_their_invoice_04bc7', table='invoices_instalment', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='creditallocation',
            index=models.Index(fields=['organization', 'invoice'], name='credit_alloc_of_invoice'),
        ),
        migrations.AddConstraint(
            model_name='creditallocation',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='credit_allocation_positive'),
        ),
        migrations.AddIndex(
            model_name='writeoff',
            index=models.Index(fields=['organization', 'invoice'], name='write_off_of_invoice'),
        ),
        migrations.AddConstraint(
            model_name='writeoff',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='write_off_positive'),
        ),
        common.securing.SecureTable('Customer'),
        common.securing.SecureTable('Contact'),
        common.securing.SecureTable('Invoice'),
        common.securing.SecureTable('Instalment'),
        common.securing.SecureTable('CreditNote'),
        common.securing.SecureTable('CreditAllocation'),
        common.securing.SecureTable('WriteOff'),
        common.securing.SecureTable('ImportedFile'),
        common.securing.TriggersAlwaysRun(),
    ]
