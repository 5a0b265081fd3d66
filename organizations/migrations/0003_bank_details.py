import django.db.models.deletion
import common.securing
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0002_activation'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='bank_change_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='BankDetailsChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('done', 'Done'), ('called_off', 'Called Off')], default='pending', max_length=12)),
                ('old_iban', models.CharField(blank=True, max_length=34)),
                ('old_bic', models.CharField(blank=True, max_length=11)),
                ('iban', models.CharField(blank=True, max_length=34)),
                ('bic', models.CharField(blank=True, max_length=11)),
                ('asked_at', models.DateTimeField()),
                ('effective_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('told_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'bank_details_changes',
                'indexes': [models.Index(condition=models.Q(('told_at__isnull', True)), fields=['organization'], name='bank_details_changes_untold')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'pending')), fields=('organization',), name='bank_details_have_one_pending_change'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'pending')), models.Q(models.Q(('state', 'pending'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='bank_details_change_ends_unless_pending')],
            },
        ),
        common.securing.SecureTable("BankDetailsChange"),
    ]
