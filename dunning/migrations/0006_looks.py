import common.securing
import common.tenancy
import django.db.models.deletion
from django.db import migrations, models

# The tables that the facts of a debtor are read from, and which of their columns names him.
TABLES = (
    ("invoices_customer", "id"),
    ("invoices_contact", "customer_id"),
    ("invoices_instalment", "customer_id"),
    ("dunning_act", "customer_id"),
    ("dunning_call", "customer_id"),
    ("dunning_debtorstart", "customer_id"),
    ("dunning_hold", "customer_id"),
    ("dunning_message", "customer_id"),
)
CHANGES = (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD"))


def _function(column: str) -> str:
    return f"""
        CREATE FUNCTION dunning_touch_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO dunning_touched (organization_id, customer_id)
            SELECT DISTINCT organization_id, {column} FROM changed;
            RETURN NULL;
        END $$"""


def _trigger(table: str, column: str, change: str, rows: str) -> str:
    return f"""
        CREATE TRIGGER touches_its_debtor_on_{change} AFTER {change.upper()} ON {table}
        REFERENCING {rows} TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION dunning_touch_{column}()"""


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0005_hold_scopes'),
        ('invoices', '0006_contested'),
        ('organizations', '0009_looks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Touched',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('customer_id', models.BigIntegerField(null=True)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'touched',
            },
        ),
        migrations.CreateModel(
            name='DebtorLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('look_on', models.DateField(blank=True, null=True)),
                ('customer', common.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, to='invoices.customer')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'default_related_name': 'debtor_looks',
                'indexes': [models.Index(fields=['organization', 'look_on'], name='debtor_look_by_day')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'customer'), name='debtor_is_looked_at_once')],
            },
        ),
        common.securing.SecureTable('Touched'),
        common.securing.SecureTable('DebtorLook'),
        *(
            migrations.RunSQL(_function(column), f"DROP FUNCTION dunning_touch_{column}()")
            for column in ("id", "customer_id")
        ),
        *(
            migrations.RunSQL(
                _trigger(table, column, change, rows),
                f"DROP TRIGGER touches_its_debtor_on_{change} ON {table}",
            )
            for table, column in TABLES
            for change, rows in CHANGES
        ),
    ]
