import common.securing
import common.tenancy
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invoices', '0006_contested'),
        ('organizations', '0008_habit_cap'),
    ]

    operations = [
        migrations.AlterField(
            model_name='importedfile',
            name='kind',
            field=models.CharField(choices=[('invoices', 'Invoices'), ('customers', 'Customers'), ('payments', 'Payments'), ('statuses', 'Einvoice Statuses')], max_length=10),
        ),
        migrations.CreateModel(
            name='EInvoiceStatus',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(choices=[('200', 'Submitted'), ('201', 'Issued by the platform'), ('202', 'Received by the customer’s platform'), ('203', 'Made available'), ('204', 'Taken over'), ('205', 'Approved'), ('206', 'Partly approved'), ('207', 'In dispute'), ('208', 'Suspended'), ('209', 'Completed'), ('210', 'Refused'), ('211', 'Payment sent'), ('212', 'Cash received'), ('213', 'Rejected by a platform'), ('220', 'Cancelled'), ('221', 'Not routed'), ('224', 'Direct payment asked for'), ('225', 'Factored'), ('226', 'Factored, confidentially'), ('227', 'Account to pay changed'), ('228', 'Not factored any more'), ('501', 'Inadmissible')], max_length=3)),
                ('at', models.DateTimeField()),
                ('reason_code', models.CharField(blank=True, max_length=40)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('amount_minor', models.BigIntegerField(blank=True, null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('source', models.CharField(choices=[('api', 'Api'), ('file', 'File')], max_length=4)),
                ('event_id', models.CharField(blank=True, max_length=80)),
                ('received_at', models.DateTimeField()),
                ('invoice', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.invoice')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'einvoice_statuses',
                'indexes': [models.Index(fields=['organization', 'invoice', '-at', '-code', '-id'], name='einvoice_status_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('event_id', ''), _negated=True), fields=('organization', 'event_id'), name='einvoice_event_taken_in_once'), models.UniqueConstraint(condition=models.Q(('event_id', '')), fields=('organization', 'invoice', 'code', 'at'), name='einvoice_status_without_event_taken_in_once'), models.CheckConstraint(condition=models.Q(('code__in', ['200', '201', '202', '203', '204', '205', '206', '207', '208', '209', '210', '211', '212', '213', '220', '221', '224', '225', '226', '227', '228', '501'])), name='einvoice_status_code_known'), models.CheckConstraint(condition=models.Q(('amount_minor__isnull', True), models.Q(('amount_minor__gte', 0), models.Q(('currency', ''), _negated=True)), _connector='OR'), name='einvoice_status_amount_has_currency')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='einvoicestatus',
            trigger=pgtrigger.compiler.Trigger(name='einvoice_status_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='fdf1aa87c85950a6ae0195aef4284decbb9eb67c', operation='UPDATE OR DELETE', pgid='pgtrigger_einvoice_status_is_append_only_3a1f9', table='invoices_einvoicestatus', when='BEFORE')),
        ),
        common.securing.SecureTable('EInvoiceStatus'),
        common.securing.AppendOnly('EInvoiceStatus'),
    ]
