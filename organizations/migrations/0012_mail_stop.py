from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0011_bank_limit'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='mail_stopped_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
