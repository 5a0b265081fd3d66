import common.securing
import common.tenancy
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0008_outbox_rules'),
        ('invoices', '0004_in_charge'),
        ('organizations', '0011_bank_limit'),
    ]

    operations = [
        migrations.AddField(
            model_name='hold',
            name='ended_because',
            field=models.CharField(blank=True, choices=[('decided', 'The bank line was decided'), ('paid', 'The invoice is paid'), ('no_fit', 'The bank line does not fit it any more')], max_length=10),
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('check_payment', 'Check a payment'), ('other', 'Something else')], max_length=20)),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('due_on', models.DateField(verbose_name='due date')),
                ('opened_at', models.DateTimeField()),
                ('opened_by', models.CharField(max_length=40)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('done_by', models.CharField(blank=True, max_length=40)),
                ('done_because', models.CharField(blank=True, choices=[('decided', 'What it asks for was decided')], max_length=10)),
                ('customer', common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='invoices.customer')),
                ('invoice', common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='invoices.invoice')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('owner', common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='organizations.membership')),
            ],
            options={
                'default_related_name': 'tasks',
                'indexes': [models.Index(condition=models.Q(('done_at__isnull', True)), fields=['organization', 'due_on', 'id'], name='task_to_do'), models.Index(condition=models.Q(('done_at__isnull', False)), fields=['organization', '-done_at', '-id'], name='task_latest_done')],
                'constraints': [models.CheckConstraint(condition=models.Q(('done_at__isnull', False), models.Q(('done_because', ''), ('done_by', '')), _connector='OR'), name='task_that_is_open_was_done_by_nobody')],
            },
        ),
        common.securing.SecureTable("Task"),
    ]
