import common.securing
import common.tenancy
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0001_follow_up'),
        ('invoices', '0002_what_fails_and_copies'),
        ('organizations', '0002_activation'),
    ]

    operations = [
        migrations.CreateModel(
            name='CallAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('promise', 'Promise'), ('says_paid', 'Says it is paid'), ('dispute', 'Dispute'), ('call_back', 'Call back'), ('voicemail', 'Voicemail'), ('wrong_number', 'Wrong number'), ('no_answer', 'No answer'), ('other', 'Other')], max_length=12)),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='note')),
                ('made_at', models.DateTimeField()),
                ('made_by', models.CharField(max_length=40)),
                ('again_at', models.DateTimeField(blank=True, null=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'default_related_name': 'attempts',
            },
        ),
        migrations.CreateModel(
            name='MailEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.CharField(max_length=120)),
                ('kind', models.CharField(max_length=20)),
                ('at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
            ],
            options={
                'default_related_name': 'mail_events',
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='message',
            name='message_moves_are_legal',
        ),
        migrations.AddField(
            model_name='call',
            name='due_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='call',
            name='leased_by',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='call',
            name='leased_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='call',
            name='outcome',
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AddField(
            model_name='call',
            name='passed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='hold',
            name='category',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='hold',
            name='result',
            field=models.CharField(blank=True, choices=[('kept', 'Kept'), ('broken', 'Broken')], max_length=6),
        ),
        migrations.AddField(
            model_name='hold',
            name='settled_before_minor',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='approved_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='approved_by',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='message',
            name='bounced_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='copy_of',
            field=common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='dunning.message'),
        ),
        migrations.AddField(
            model_name='message',
            name='delivered_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='message_moves_are_legal', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{awaiting_approval:queued,awaiting_approval:cancelled,queued:claimed,queued:cancelled,queued:awaiting_approval,queued:sent,claimed:queued,claimed:sent,claimed:failed,claimed:unknown,sent:failed,unknown:sent,unknown:failed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='17d701db96fc14f7b4720fc292b7374bb6bd91df', operation='UPDATE', pgid='pgtrigger_message_moves_are_legal_5b03b', table='dunning_message', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='callattempt',
            name='call',
            field=common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='dunning.call'),
        ),
        migrations.AddField(
            model_name='callattempt',
            name='contact',
            field=common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='invoices.contact'),
        ),
        migrations.AddField(
            model_name='callattempt',
            name='organization',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization'),
        ),
        migrations.AddField(
            model_name='hold',
            name='attempt',
            field=common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='dunning.callattempt'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('kind__in', ['promise', 'dispute', 'says_paid'])), fields=['organization', 'kind', 'until'], name='hold_of_a_debtor'),
        ),
        migrations.AddField(
            model_name='mailevent',
            name='message',
            field=common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='dunning.message'),
        ),
        migrations.AddField(
            model_name='mailevent',
            name='organization',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization'),
        ),
        migrations.AddIndex(
            model_name='callattempt',
            index=models.Index(fields=['organization', 'call'], name='call_attempt_of_call'),
        ),
        migrations.AddIndex(
            model_name='callattempt',
            index=models.Index(fields=['organization', '-made_at'], name='call_attempt_latest'),
        ),
        migrations.AddIndex(
            model_name='mailevent',
            index=models.Index(fields=['organization', 'message'], name='mail_event_of_message'),
        ),
        migrations.AddConstraint(
            model_name='mailevent',
            constraint=models.UniqueConstraint(fields=('organization', 'event_id'), name='mail_event_received_once'),
        ),
        common.securing.SecureTable('CallAttempt'),
        common.securing.SecureTable('MailEvent'),
        common.securing.SecureKey('Hold', 'attempt'),
        common.securing.SecureKey('Message', 'copy_of'),
    ]
