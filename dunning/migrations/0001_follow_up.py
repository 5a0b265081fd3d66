import common.tenancy
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import common.securing
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('invoices', '0001_receivables'),
        ('organizations', '0001_opening'),
    ]

    operations = [
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('preventive', 'Before the due date'), ('due', 'Due day'), ('friendly', 'Friendly reminder'), ('courteous', 'Courteous reminder'), ('firm', 'Firm reminder'), ('last', 'Last reminder'), ('formal_notice', 'Formal notice'), ('thank_you', 'Thank-you')], max_length=13)),
                ('tone', models.CharField(choices=[('friendly', 'Friendly'), ('courteous', 'Courteous'), ('firm', 'Firm'), ('formal', 'Formal')], max_length=9)),
                ('level', models.PositiveSmallIntegerField()),
                ('written_on', models.DateField()),
                ('created_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('done_by', models.CharField(blank=True, max_length=40)),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='note')),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('contact', common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='invoices.contact')),
                ('customer', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.customer')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'calls',
            },
        ),
        migrations.CreateModel(
            name='DebtorStart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start_on', models.DateField()),
                ('customer', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, to='invoices.customer')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'debtor_starts',
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('promise', 'Promise to pay'), ('pause', 'Pause'), ('dispute', 'Dispute'), ('says_paid', 'Says it is paid'), ('insolvency', 'Insolvency'), ('plan', 'Instalment plan'), ('probable_payment', 'A payment that could be this one')], max_length=16)),
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('review_on', models.DateField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('author', models.CharField(max_length=40)),
                ('promised_minor', models.BigIntegerField(blank=True, null=True)),
                ('promised_on', models.DateField(blank=True, null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('placed_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('customer', common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='invoices.customer')),
                ('invoice', common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='invoices.invoice')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'holds',
            },
        ),
        migrations.CreateModel(
            name='LocalMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.CharField(max_length=250)),
                ('sender', models.CharField(max_length=254)),
                ('to', models.CharField(max_length=254)),
                ('subject', models.CharField(max_length=250)),
                ('content', models.BinaryField()),
                ('received_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'local_mails',
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'Email'), ('call', 'Call'), ('letter', 'Letter'), ('registered_letter', 'Registered letter'), ('sms', 'SMS')], max_length=17)),
                ('kind', models.CharField(choices=[('preventive', 'Before the due date'), ('due', 'Due day'), ('friendly', 'Friendly reminder'), ('courteous', 'Courteous reminder'), ('firm', 'Firm reminder'), ('last', 'Last reminder'), ('formal_notice', 'Formal notice'), ('thank_you', 'Thank-you')], max_length=13)),
                ('tone', models.CharField(choices=[('friendly', 'Friendly'), ('courteous', 'Courteous'), ('firm', 'Firm'), ('formal', 'Formal')], max_length=9)),
                ('level', models.PositiveSmallIntegerField()),
                ('state', models.CharField(choices=[('awaiting_approval', 'To approve'), ('queued', 'Queued'), ('claimed', 'Being sent'), ('sent', 'Sent'), ('failed', 'Failed'), ('unknown', 'May have been sent'), ('cancelled', 'Cancelled')], max_length=17)),
                ('language', models.CharField(max_length=2)),
                ('written_on', models.DateField()),
                ('quiet', django.contrib.postgres.fields.ranges.DateRangeField(blank=True, null=True)),
                ('to', models.CharField(blank=True, max_length=254)),
                ('subject', models.CharField(blank=True, max_length=250)),
                ('text', models.TextField(blank=True)),
                ('html', models.TextField(blank=True)),
                ('total_minor', models.BigIntegerField(blank=True, null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('token', models.UUIDField(blank=True, null=True)),
                ('not_before', models.DateTimeField(blank=True, null=True)),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('call_started_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('receipt', models.CharField(blank=True, max_length=250)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('failure', models.CharField(blank=True, max_length=250)),
                ('created_at', models.DateTimeField()),
                ('contact', common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='invoices.contact')),
                ('customer', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.customer')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'messages',
            },
        ),
        migrations.CreateModel(
            name='Act',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cycle', models.PositiveSmallIntegerField()),
                ('level', models.PositiveSmallIntegerField()),
                ('channel', models.CharField(choices=[('email', 'Email'), ('call', 'Call'), ('letter', 'Letter'), ('registered_letter', 'Registered letter'), ('sms', 'SMS')], max_length=17)),
                ('kind', models.CharField(choices=[('preventive', 'Before the due date'), ('due', 'Due day'), ('friendly', 'Friendly reminder'), ('courteous', 'Courteous reminder'), ('firm', 'Firm reminder'), ('last', 'Last reminder'), ('formal_notice', 'Formal notice'), ('thank_you', 'Thank-you')], max_length=13)),
                ('offset_days', models.SmallIntegerField()),
                ('rule', models.CharField(max_length=120)),
                ('written_on', models.DateField()),
                ('customer', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.customer')),
                ('instalment', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.instalment')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('call', common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='dunning.call')),
                ('message', common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='dunning.message')),
            ],
            options={
                'default_related_name': 'acts',
            },
        ),
        migrations.CreateModel(
            name='Scenario',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('is_default', models.BooleanField(default=False)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'scenarios',
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.PositiveSmallIntegerField()),
                ('offset_days', models.SmallIntegerField()),
                ('channel', models.CharField(choices=[('email', 'Email'), ('call', 'Call'), ('letter', 'Letter'), ('registered_letter', 'Registered letter'), ('sms', 'SMS')], max_length=17)),
                ('tone', models.CharField(choices=[('friendly', 'Friendly'), ('courteous', 'Courteous'), ('firm', 'Firm'), ('formal', 'Formal')], max_length=9)),
                ('kind', models.CharField(choices=[('preventive', 'Before the due date'), ('due', 'Due day'), ('friendly', 'Friendly reminder'), ('courteous', 'Courteous reminder'), ('firm', 'Firm reminder'), ('last', 'Last reminder'), ('formal_notice', 'Formal notice'), ('thank_you', 'Thank-you')], max_length=13)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('scenario', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, to='dunning.scenario')),
            ],
            options={
                'ordering': ['level'],
                'default_related_name': 'steps',
            },
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(condition=models.Q(('cancelled_at__isnull', True), ('done_at__isnull', True)), fields=['organization', 'written_on'], name='call_open'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(fields=['organization', 'customer', 'written_on'], name='call_of_debtor'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('done_at__isnull', True), ('cancelled_at__isnull', True), _connector='OR'), name='call_done_or_cancelled_not_both'),
        ),
        migrations.AddConstraint(
            model_name='debtorstart',
            constraint=models.UniqueConstraint(fields=('organization', 'customer'), name='debtor_starts_once'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['organization', 'customer', 'invoice'], name='hold_not_ended'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='hold_ends_after_it_began'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('until__isnull', False), ('review_on__isnull', False), _connector='OR'), name='hold_ends_or_is_reviewed'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'promise'), _negated=True), models.Q(('promised_minor__gt', 0), ('promised_on__isnull', False)), _connector='OR'), name='hold_promise_has_amount_and_day'),
        ),
        migrations.AddIndex(
            model_name='localmail',
            index=models.Index(fields=['organization', '-id'], name='local_mail_latest'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state__in', ['sent', 'cancelled']), _negated=True), fields=['organization', 'state', 'created_at'], name='message_in_hand'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['organization', 'customer', 'written_on'], name='message_of_debtor'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['organization', '-written_on', '-id'], name='message_latest'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(fields=('organization', 'token'), name='message_token_unique'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'claimed'), _negated=True), models.Q(('claimed_at__isnull', False), ('token__isnull', False)), _connector='OR'), name='message_claimed_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='message_sent_at_some_time'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('quiet__isnull', False), models.Q(('state__in', ['cancelled', 'failed']), _negated=True)), expressions=[('organization', '='), ('customer', '='), ('channel', '='), ('quiet', '&&')], name='message_reminders_of_a_debtor_keep_their_distance'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='message_moves_are_legal', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{awaiting_approval:queued,awaiting_approval:cancelled,queued:claimed,queued:cancelled,queued:sent,claimed:queued,claimed:sent,claimed:failed,claimed:unknown,unknown:sent,unknown:failed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='4b7ed1391d9178bb99aa2b22fa92a41b5238a04a', operation='UPDATE', pgid='pgtrigger_message_moves_are_legal_5b03b', table='dunning_message', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='message_begun_is_not_queued_again', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."call_started_at" IS NOT NULL AND NEW."failure" = \'\' AND NEW."state" = \'queued\' AND OLD."state" = \'claimed\')', func="RAISE EXCEPTION 'A message whose sending began is not queued again blindly.' USING ERRCODE = 'check_violation';", hash='984f15c9e713bc92a3761687dc3ee853806cccb3', operation='UPDATE OF "state"', pgid='pgtrigger_message_begun_is_not_queued_again_2c79e', table='dunning_message', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='act',
            index=models.Index(fields=['organization', 'message'], name='act_of_message'),
        ),
        migrations.AddIndex(
            model_name='act',
            index=models.Index(fields=['organization', 'call'], name='act_of_call'),
        ),
        migrations.AddIndex(
            model_name='act',
            index=models.Index(fields=['organization', 'customer', 'written_on'], name='act_of_debtor'),
        ),
        migrations.AddConstraint(
            model_name='act',
            constraint=models.UniqueConstraint(fields=('organization', 'instalment', 'cycle', 'level', 'channel'), name='act_once_per_instalment_cycle_level_and_channel'),
        ),
        migrations.AddConstraint(
            model_name='act',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('call__isnull', True), ('message__isnull', False)), models.Q(('call__isnull', False), ('message__isnull', True)), _connector='OR'), name='act_is_carried_by_a_message_or_a_call'),
        ),
        migrations.AddConstraint(
            model_name='scenario',
            constraint=models.UniqueConstraint(fields=('organization', 'name'), name='scenario_name_unique_per_organization'),
        ),
        migrations.AddConstraint(
            model_name='scenario',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('organization',), name='scenario_has_one_default'),
        ),
        migrations.AddConstraint(
            model_name='step',
            constraint=models.UniqueConstraint(fields=('organization', 'scenario', 'level'), name='step_level_unique_per_scenario'),
        ),
        common.securing.SecureTable('Scenario'),
        common.securing.SecureTable('Step'),
        common.securing.SecureTable('Hold'),
        common.securing.SecureTable('Message'),
        common.securing.SecureTable('Call'),
        common.securing.SecureTable('Act'),
        common.securing.SecureTable('DebtorStart'),
        common.securing.SecureTable('LocalMail'),
        common.securing.TriggersAlwaysRun(),
    ]
