from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0003_calls_come_back'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='printed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='printed_by',
            field=models.CharField(blank=True, max_length=40),
        ),
    ]
