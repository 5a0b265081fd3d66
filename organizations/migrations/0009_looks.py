from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0008_habit_cap'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='looked_with',
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
