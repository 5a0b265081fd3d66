from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invoices', '0005_habit'),
        ('organizations', '0008_habit_cap'),
    ]

    operations = [
        migrations.AddField(
            model_name='instalment',
            name='contested_minor',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name='instalment',
            constraint=models.CheckConstraint(condition=models.Q(('contested_minor__gte', 0), ('contested_minor__lt', models.F('amount_minor'))), name='instalment_contested_in_part'),
        ),
    ]
