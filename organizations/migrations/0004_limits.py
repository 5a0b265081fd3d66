from django.db import migrations, models

import common.securing


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0003_bank_details'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='limit_told_on',
            field=models.DateField(blank=True, null=True),
        ),
        # A head that is gone would begin a new history.
        common.securing.Kept('TimelineHead'),
    ]
