import common.securing
import common.tenancy
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0009_tasks'),
        ('invoices', '0004_in_charge'),
        ('organizations', '0012_mail_stop'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('written', 'Written by a person'), ('automatic', 'Automatic answer')], max_length=9)),
                ('sender', models.CharField(max_length=254)),
                ('sender_name', models.CharField(blank=True, max_length=120)),
                ('subject', models.CharField(blank=True, max_length=250)),
                ('text', models.TextField(blank=True)),
                ('quoted', models.TextField(blank=True)),
                ('lost_files', models.PositiveSmallIntegerField(default=0)),
                ('event_id', models.CharField(max_length=120)),
                ('mail_id', models.CharField(blank=True, max_length=64)),
                ('received_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('read_by', models.CharField(blank=True, max_length=40)),
                ('contact', common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='invoices.contact')),
                ('customer', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='invoices.customer')),
                ('hold', common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='dunning.hold')),
                ('message', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='dunning.message')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'replies',
            },
        ),
        migrations.CreateModel(
            name='ReplyFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=200)),
                ('content_type', models.CharField(max_length=100)),
                ('file', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.storedfile')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('reply', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='dunning.reply')),
            ],
            options={
                'ordering': ['number'],
                'default_related_name': 'reply_files',
            },
        ),
        migrations.CreateModel(
            name='SendingIdentity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.EmailField(blank=True, max_length=254, verbose_name='address')),
                ('verified_at', models.DateTimeField(blank=True, null=True)),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('findings', models.JSONField(blank=True, default=list)),
                ('has_tracking', models.BooleanField(default=False, verbose_name='note when emails are opened')),
                ('resumed_at', models.DateTimeField(blank=True, null=True)),
                ('untold', models.JSONField(blank=True, default=list)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'sending_identities',
            },
        ),
        migrations.AddIndex(
            model_name='reply',
            index=models.Index(condition=models.Q(('kind', 'written'), ('read_at__isnull', True)), fields=['organization', 'received_at'], name='reply_to_read'),
        ),
        migrations.AddIndex(
            model_name='reply',
            index=models.Index(fields=['organization', 'message'], name='reply_of_message'),
        ),
        migrations.AddIndex(
            model_name='reply',
            index=models.Index(fields=['organization', 'customer'], name='reply_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.UniqueConstraint(fields=('organization', 'event_id'), name='reply_received_once_by_event'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.UniqueConstraint(condition=models.Q(('mail_id', ''), _negated=True), fields=('organization', 'mail_id'), name='reply_received_once_by_mail'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reply',
            trigger=pgtrigger.compiler.Trigger(name='reply_stays_as_it_was_said', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."message_id" IS DISTINCT FROM (NEW."message_id") OR OLD."customer_id" IS DISTINCT FROM (NEW."customer_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."sender" IS DISTINCT FROM (NEW."sender") OR OLD."sender_name" IS DISTINCT FROM (NEW."sender_name") OR OLD."subject" IS DISTINCT FROM (NEW."subject") OR OLD."text" IS DISTINCT FROM (NEW."text") OR OLD."quoted" IS DISTINCT FROM (NEW."quoted") OR OLD."event_id" IS DISTINCT FROM (NEW."event_id") OR OLD."mail_id" IS DISTINCT FROM (NEW."mail_id") OR OLD."received_at" IS DISTINCT FROM (NEW."received_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='acea0d443e3b7e572c3ea84ff058a0ebf85c3191', operation='UPDATE', pgid='pgtrigger_reply_stays_as_it_was_said_97c3c', table='dunning_reply', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='replyfile',
            constraint=models.UniqueConstraint(fields=('organization', 'reply', 'number'), name='reply_file_has_its_place'),
        ),
        migrations.AddConstraint(
            model_name='sendingidentity',
            constraint=models.UniqueConstraint(fields=('organization',), name='sending_identity_one_per_organization'),
        ),
        migrations.AddConstraint(
            model_name='sendingidentity',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('address', ''), _negated=True), models.Q(('failing_since__isnull', True), ('verified_at__isnull', True)), _connector='OR'), name='sending_identity_is_verified_by_its_address'),
        ),
        common.securing.SecureTable('SendingIdentity'),
        common.securing.SecureTable('Reply'),
        common.securing.SecureTable('ReplyFile'),
        common.securing.Kept('Reply'),
        common.securing.TriggersAlwaysRun(),
    ]
