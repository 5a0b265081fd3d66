from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0006_keys_rotate_and_are_held_to_networks'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='signatory_title',
            field=models.CharField(blank=True, max_length=80, verbose_name='quality of who signs'),
        ),
    ]
