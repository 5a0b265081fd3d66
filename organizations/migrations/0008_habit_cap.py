from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0007_signatory_title'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='habit_cap_days',
            field=models.PositiveSmallIntegerField(default=10, verbose_name='days that a customer’s usual delay is waited for'),
        ),
    ]
