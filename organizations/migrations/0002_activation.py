from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0001_opening'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='activated_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='organization',
            name='matched_position',
            field=models.BigIntegerField(default=0),
        ),
        # Those that are here were never asked to be activated: they follow up already.
        migrations.RunSQL(
            'UPDATE organizations_organization SET activated_at = created_at',
            migrations.RunSQL.noop,
        ),
    ]
