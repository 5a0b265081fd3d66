from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reconciliation', '0002_past_payments'),
    ]

    operations = [
        migrations.AddField(
            model_name='banktransaction',
            name='proposal',
            field=models.JSONField(blank=True, default=list),
        ),
    ]
