import common.securing
import common.tenancy
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0009_tasks'),
        ('invoices', '0004_in_charge'),
        ('organizations', '0011_bank_limit'),
        ('reconciliation', '0003_proposals'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProbablePayment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(max_length=12)),
            ],
            options={
                'default_related_name': 'probable_payments',
            },
        ),
        migrations.AddField(
            model_name='bankaccount',
            name='gap_since',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='bankaccount',
            name='is_followed',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='bankaccount',
            name='known_until',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='banktransaction',
            name='task',
            field=common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='dunning.task'),
        ),
        migrations.AddField(
            model_name='statement',
            name='gap_accepted_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='statement',
            name='moved_minor',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='banktransaction',
            constraint=models.UniqueConstraint(condition=models.Q(('task__isnull', False)), fields=('organization', 'task'), name='bank_transaction_one_to_a_task'),
        ),
        migrations.AddField(
            model_name='probablepayment',
            name='hold',
            field=common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='dunning.hold'),
        ),
        migrations.AddField(
            model_name='probablepayment',
            name='invoice',
            field=common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.invoice'),
        ),
        migrations.AddField(
            model_name='probablepayment',
            name='organization',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization'),
        ),
        migrations.AddField(
            model_name='probablepayment',
            name='transaction',
            field=common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='reconciliation.banktransaction'),
        ),
        migrations.AddConstraint(
            model_name='probablepayment',
            constraint=models.UniqueConstraint(fields=('organization', 'transaction', 'invoice'), name='probable_payment_once_per_line_and_invoice'),
        ),
        migrations.AddConstraint(
            model_name='probablepayment',
            constraint=models.UniqueConstraint(fields=('organization', 'hold'), name='probable_payment_has_its_own_hold'),
        ),
        common.securing.SecureKey("BankTransaction", "task"),
        common.securing.SecureTable("ProbablePayment"),
    ]
