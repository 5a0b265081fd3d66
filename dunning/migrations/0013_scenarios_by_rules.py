import common.securing
import common.tenancy
import django.db.models.constraints
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0012_own_texts'),
        ('invoices', '0004_in_charge'),
        ('organizations', '0007_signatory_title'),
    ]

    operations = [
        migrations.CreateModel(
            name='ScenarioOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'default_related_name': 'scenario_overrides',
            },
        ),
        migrations.CreateModel(
            name='ScenarioRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('segment', models.CharField(blank=True, max_length=40, verbose_name='segment')),
                ('customer_kind', models.CharField(blank=True, choices=[('professional', 'Professional'), ('public', 'Public buyer'), ('consumer', 'Consumer')], max_length=12)),
                ('owed_minor', models.BigIntegerField(blank=True, null=True)),
                ('invoiced_minor', models.BigIntegerField(blank=True, null=True)),
                ('late_days', models.PositiveSmallIntegerField(blank=True, null=True)),
            ],
            options={
                'ordering': ['position'],
                'default_related_name': 'scenario_rules',
            },
        ),
        migrations.CreateModel(
            name='ScenarioVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=80)),
                ('steps', models.JSONField()),
                ('author', models.CharField(max_length=40)),
                ('saved_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_related_name': 'versions',
            },
        ),
        migrations.AddField(
            model_name='scenario',
            name='archived_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='scenario',
            name='version',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='step',
            name='approval',
            field=models.CharField(choices=[('inherit', 'As the organization does'), ('always', 'Always approved by a person'), ('never', 'Leaves by itself')], default='inherit', max_length=7),
        ),
        migrations.AddField(
            model_name='step',
            name='contact_role',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name='step',
            name='customer_kind',
            field=models.CharField(blank=True, choices=[('professional', 'Professional'), ('public', 'Public buyer'), ('consumer', 'Consumer')], max_length=12),
        ),
        migrations.AddField(
            model_name='step',
            name='least_minor',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='step',
            name='retired_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='scenario',
            constraint=models.CheckConstraint(condition=models.Q(('is_default', False), ('archived_at__isnull', True), _connector='OR'), name='scenario_by_default_is_not_archived'),
        ),
        migrations.AddConstraint(
            model_name='step',
            constraint=models.CheckConstraint(condition=models.Q(('least_minor__isnull', True), ('least_minor__gt', 0), _connector='OR'), name='step_least_amount_positive'),
        ),
        migrations.AddField(
            model_name='scenariooverride',
            name='customer',
            field=common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='invoices.customer'),
        ),
        migrations.AddField(
            model_name='scenariooverride',
            name='invoice',
            field=common.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='invoices.invoice'),
        ),
        migrations.AddField(
            model_name='scenariooverride',
            name='organization',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization'),
        ),
        migrations.AddField(
            model_name='scenariooverride',
            name='scenario',
            field=common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='dunning.scenario'),
        ),
        migrations.AddField(
            model_name='scenariorule',
            name='organization',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization'),
        ),
        migrations.AddField(
            model_name='scenariorule',
            name='scenario',
            field=common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, to='dunning.scenario'),
        ),
        migrations.AddField(
            model_name='scenarioversion',
            name='organization',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization'),
        ),
        migrations.AddField(
            model_name='scenarioversion',
            name='scenario',
            field=common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, to='dunning.scenario'),
        ),
        migrations.AddConstraint(
            model_name='scenariooverride',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('customer__isnull', False), ('invoice__isnull', True)), models.Q(('customer__isnull', True), ('invoice__isnull', False)), _connector='OR'), name='scenario_override_is_of_a_customer_or_an_invoice'),
        ),
        migrations.AddConstraint(
            model_name='scenariooverride',
            constraint=models.UniqueConstraint(condition=models.Q(('customer__isnull', False)), fields=('organization', 'customer'), name='scenario_override_once_per_customer'),
        ),
        migrations.AddConstraint(
            model_name='scenariooverride',
            constraint=models.UniqueConstraint(condition=models.Q(('invoice__isnull', False)), fields=('organization', 'invoice'), name='scenario_override_once_per_invoice'),
        ),
        migrations.AddConstraint(
            model_name='scenariorule',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('organization', 'position'), name='scenario_rule_position_unique_per_organization'),
        ),
        migrations.AddConstraint(
            model_name='scenariorule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('customer_kind', ''), ('segment', ''), _negated=True), ('owed_minor__isnull', False), ('invoiced_minor__isnull', False), ('late_days__isnull', False), _connector='OR'), name='scenario_rule_asks_something'),
        ),
        migrations.AddConstraint(
            model_name='scenarioversion',
            constraint=models.UniqueConstraint(fields=('organization', 'scenario', 'number'), name='scenario_version_number_unique_per_scenario'),
        ),
        common.securing.SecureTable('ScenarioVersion'),
        common.securing.SecureTable('ScenarioRule'),
        common.securing.SecureTable('ScenarioOverride'),
    ]
