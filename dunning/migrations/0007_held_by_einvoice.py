import common.securing
import common.tenancy
import django.db.models.deletion
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0006_looks'),
        ('invoices', '0007_einvoice_statuses'),
    ]

    operations = [
        migrations.AddField(
            model_name='hold',
            name='einvoice_status',
            field=common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='invoices.einvoicestatus'),
        ),
        common.securing.SecureKey('Hold', 'einvoice_status'),
    ]
