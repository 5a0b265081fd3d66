import common.securing
import common.tenancy
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0004_printed_letters'),
        ('invoices', '0004_in_charge'),
        ('organizations', '0007_signatory_title'),
    ]

    operations = [
        migrations.AddField(
            model_name='hold',
            name='held_minor',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='hold',
            name='instalment',
            field=common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='invoices.instalment'),
        ),
        migrations.AlterField(
            model_name='hold',
            name='kind',
            field=models.CharField(choices=[('promise', 'Promise to pay'), ('pause', 'Pause'), ('dispute', 'Dispute'), ('says_paid', 'Says it is paid'), ('insolvency', 'Insolvency'), ('plan', 'Instalment plan'), ('probable_payment', 'A payment that could be this one'), ('einvoice_status', 'Status of the electronic invoice'), ('reply', 'An answer to read')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('instalment__isnull', True), ('invoice__isnull', False), _connector='OR'), name='hold_of_an_instalment_names_its_invoice'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('held_minor__isnull', True), models.Q(('held_minor__gt', 0), ('instalment__isnull', False), ('kind', 'dispute'), ('until__isnull', True)), _connector='OR'), name='hold_of_a_part_is_a_dispute_of_an_instalment'),
        ),
        common.securing.SecureKey('Hold', 'instalment'),
    ]
