import common.securing
import common.tenancy
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invoices', '0001_receivables'),
        ('organizations', '0002_activation'),
    ]

    operations = [
        migrations.AddField(
            model_name='contact',
            name='email_failed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='contact',
            name='phone_failed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='invoice',
            name='document',
            field=common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='organizations.storedfile'),
        ),
        common.securing.SecureKey('Invoice', 'document'),
    ]
