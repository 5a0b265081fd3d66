import common.securing
import common.tenancy
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invoices', '0001_receivables'),
        ('organizations', '0001_opening'),
        ('reconciliation', '0001_bank'),
    ]

    operations = [
        migrations.CreateModel(
            name='PastPayment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('identity', models.CharField(max_length=90)),
                ('paid_on', models.DateField()),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('label', models.TextField(blank=True)),
                ('payer_name', models.CharField(blank=True, max_length=200)),
                ('payer_iban', models.CharField(blank=True, max_length=34)),
                ('invoice_numbers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, size=None)),
                ('customer', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.customer')),
                ('file', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.storedfile')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'past_payments',
                'indexes': [models.Index(fields=['organization', 'customer'], name='past_payment_of_customer')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'identity'), name='past_payment_known_once')],
            },
        ),
        common.securing.SecureTable('PastPayment'),
    ]
