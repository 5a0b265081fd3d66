import common.securing
import common.tenancy
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0007_held_by_einvoice'),
        ('invoices', '0006_contested'),
        ('organizations', '0010_sending_stop'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='message',
            name='message_begun_is_not_queued_again',
        ),
        migrations.AddField(
            model_name='message',
            name='again_of',
            field=common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sent_again', to='dunning.message'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='message_begun_is_not_queued_again', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."failure" = \'\' AND NEW."state" = \'queued\' AND OLD."call_started_at" IS NOT NULL AND OLD."state" = \'claimed\')', func="RAISE EXCEPTION 'A message whose sending began is not queued again blindly.' USING ERRCODE = 'check_violation';", hash='18077d0a740c9a460cda717c3ec56240a5f578a1', operation='UPDATE OF "state"', pgid='pgtrigger_message_begun_is_not_queued_again_2c79e', table='dunning_message', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='message_begun_stays_begun', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.call_started_at IS NOT NULL AND NOT (OLD.state = \'claimed\' AND NEW.state = \'queued\') AND ROW(OLD."call_started_at", OLD."token", OLD."claimed_at") IS DISTINCT FROM ROW(NEW."call_started_at", NEW."token", NEW."claimed_at"))', func="RAISE EXCEPTION 'When the sending of a message began is not forgotten.' USING ERRCODE = 'check_violation';", hash='309d6978dd6da5a37480c6f3007c52e152163cb3', operation='UPDATE', pgid='pgtrigger_message_begun_stays_begun_69056', table='dunning_message', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='message_is_to_one_debtor_for_ever', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (ROW(OLD."customer_id", OLD."channel", OLD."written_on", OLD."copy_of_id", OLD."again_of_id", OLD."created_at") IS DISTINCT FROM ROW(NEW."customer_id", NEW."channel", NEW."written_on", NEW."copy_of_id", NEW."again_of_id", NEW."created_at"))', func="RAISE EXCEPTION 'To whom and for when a message was written does not change.' USING ERRCODE = 'check_violation';", hash='3a890d17b0cfb3d06f099ad22b04013c2c637592', operation='UPDATE', pgid='pgtrigger_message_is_to_one_debtor_for_ever_467d9', table='dunning_message', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='message_says_what_was_said', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.state NOT IN (\'awaiting_approval\', \'queued\') AND ROW(OLD."kind", OLD."tone", OLD."level", OLD."language", OLD."to", OLD."subject", OLD."text", OLD."html", OLD."total_minor", OLD."currency") IS DISTINCT FROM ROW(NEW."kind", NEW."tone", NEW."level", NEW."language", NEW."to", NEW."subject", NEW."text", NEW."html", NEW."total_minor", NEW."currency"))', func="RAISE EXCEPTION 'What a message said does not change once it was claimed.' USING ERRCODE = 'check_violation';", hash='b40d4fc9c223495eea1ec27e3f8a2975b285c77f', operation='UPDATE', pgid='pgtrigger_message_says_what_was_said_b0404', table='dunning_message', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['awaiting_approval', 'queued']), _negated=True), models.Q(('call_started_at__isnull', True), ('claimed_at__isnull', True), ('token__isnull', True)), _connector='OR'), name='message_that_waits_is_claimed_by_nobody'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'unknown'), _negated=True), ('call_started_at__isnull', False), _connector='OR'), name='message_may_have_left_once_its_sending_began'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(fields=('organization', 'again_of'), name='message_is_sent_again_once'),
        ),
        common.securing.SecureKey('Message', 'again_of'),
        common.securing.TriggersAlwaysRun(),
    ]
