from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invoices', '0004_in_charge'),
    ]

    operations = [
        migrations.AddField(
            model_name='customer',
            name='habit_days',
            field=models.SmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='customer',
            name='habit_payments',
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
