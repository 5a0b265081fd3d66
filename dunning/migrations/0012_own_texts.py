import common.securing
import common.tenancy
import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0011_carried_by_providers'),
        ('organizations', '0007_signatory_title'),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('family', models.CharField(max_length=6)),
                ('kind', models.CharField(max_length=14)),
                ('tone', models.CharField(blank=True, max_length=9)),
                ('language', models.CharField(max_length=2)),
                ('version', models.PositiveIntegerField()),
                ('parts', models.JSONField(default=dict)),
                ('written_by', models.CharField(max_length=40)),
                ('written_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'own_texts',
            },
        ),
        migrations.AddField(
            model_name='message',
            name='own_text',
            field=common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='dunning.owntext'),
        ),
        migrations.CreateModel(
            name='Enclosing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('copies', models.CharField(choices=[('always', 'To every reminder'), ('firm', 'To firm reminders and formal notices'), ('never', 'Never')], default='firm', max_length=6)),
                ('statement', models.BooleanField(default=True)),
                ('bank_details', models.BooleanField(default=True)),
                ('currencies', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3), blank=True, default=list, size=None)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'enclosing',
                'constraints': [models.UniqueConstraint(fields=('organization',), name='enclosing_once_per_organization')],
            },
        ),
        migrations.AddConstraint(
            model_name='owntext',
            constraint=models.UniqueConstraint(fields=('organization', 'family', 'kind', 'tone', 'language', 'version'), name='own_text_version_used_once'),
        ),
        migrations.AddConstraint(
            model_name='owntext',
            constraint=models.CheckConstraint(condition=models.Q(('family__in', ['email', 'letter', 'sms', 'call']), ('language__in', ['fr', 'en'])), name='own_text_is_of_a_family_and_language'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='owntext',
            trigger=pgtrigger.compiler.Trigger(name='own_text_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f5189b70bde9d4026ea53cd832c075aaa10a0fb4', operation='UPDATE OR DELETE', pgid='pgtrigger_own_text_is_append_only_f6127', table='dunning_owntext', when='BEFORE')),
        ),
        common.securing.SecureTable('OwnText'),
        common.securing.AppendOnly('OwnText'),
        common.securing.SecureTable('Enclosing'),
        common.securing.SecureKey('Message', 'own_text'),
    ]
