from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0010_sending_stop'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='bank_gap_since',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='organization',
            name='bank_limit_days',
            field=models.PositiveSmallIntegerField(blank=True, default=10, null=True, verbose_name='days without bank data before firm reminders wait'),
        ),
    ]
