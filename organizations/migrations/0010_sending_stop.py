from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0009_looks'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='stopped_reason',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.CreateModel(
            name='SendingStop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=200)),
                ('stopped_at', models.DateTimeField()),
                ('resumed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.Value(1), condition=models.Q(('resumed_at__isnull', True)), name='sending_stop_stands_alone')],
            },
        ),
    ]
