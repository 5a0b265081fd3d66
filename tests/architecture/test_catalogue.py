"""The wall between organizations, read from PostgreSQL's own catalogue."""

import pytest
from django.apps import apps
from django.db import connection, connections, transaction
from django.db.models import ForeignKey

from common.tenancy import TenancyError, TenantForeignKey, TenantModel
from tests.architecture import catalogue

ROLE = connection.settings_dict["USER"]
TENANT_MODELS = [model for model in apps.get_models() if issubclass(model, TenantModel)]


@pytest.mark.django_db
def test_the_wall_has_no_hole() -> None:
    with connection.cursor() as cursor:
        found = catalogue.faults(cursor, role=ROLE)

    assert found == []


@pytest.mark.django_db
def test_every_tenant_table_is_a_tenant_model_and_the_other_way_round() -> None:
    with connection.cursor() as cursor:
        tables = catalogue.tenant_tables(cursor)

    assert sorted(tables) == sorted(model._meta.db_table for model in TENANT_MODELS)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (
            "DROP POLICY tenant ON invoices_invoice",
            "invoices_invoice: no policy",
        ),
        (
            "ALTER TABLE invoices_invoice NO FORCE ROW LEVEL SECURITY",
            "invoices_invoice: row security is not on and forced",
        ),
        (
            "ALTER TABLE payments_payment DISABLE ROW LEVEL SECURITY",
            "payments_payment: row security is not on and forced",
        ),
        (
            "CREATE POLICY open ON dunning_act USING (true)",
            "dunning_act: policy open is not the one",
        ),
        (
            "GRANT TRUNCATE ON dunning_act TO PUBLIC",
            "dunning_act: the app role may truncate it",
        ),
        (
            "ALTER TABLE invoices_customer ALTER organization_id DROP NOT NULL",
            "invoices_customer: organization_id may be null",
        ),
        (
            "ALTER TABLE dunning_act ADD CONSTRAINT leak "
            "FOREIGN KEY (message_id) REFERENCES dunning_message (id)",
            "dunning_act: key leak can point at another organization",
        ),
        (
            "CREATE UNIQUE INDEX oracle ON invoices_invoice (number)",
            "invoices_invoice: oracle tells what another organization has",
        ),
        (
            "CREATE VIEW peek AS SELECT number FROM invoices_invoice",
            "peek: a view that reads as its owner",
        ),
        (
            "CREATE FUNCTION peer() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
            "peer: a function that runs as its owner",
        ),
        (
            "CREATE POLICY reads ON dunning_act FOR SELECT USING (organization_id > 0)",
            "dunning_act: policy reads is not the one",
        ),
        (
            "ALTER TABLE dunning_act DROP CONSTRAINT dunning_act_customer_same_organization",
            "dunning_act: customer_id may point anywhere",
        ),
        (
            "GRANT UPDATE ON SEQUENCE invoices_invoice_id_seq TO PUBLIC",
            "invoices_invoice_id_seq: the app role may set this sequence back",
        ),
        (
            "GRANT SELECT (number) ON invoices_invoice TO PUBLIC",
            "invoices_invoice: a right on one column",
        ),
        (
            "GRANT TRIGGER ON payments_payment TO PUBLIC",
            "payments_payment: the app role may put triggers on it",
        ),
        (
            "ALTER TABLE organizations_timelineevent DISABLE TRIGGER USER",
            "organizations_timelineevent: a trigger that is turned off",
        ),
        (
            "CREATE RULE silent AS ON DELETE TO dunning_hold DO INSTEAD NOTHING",
            "silent: a rule that rewrites",
        ),
        (
            "CREATE PUBLICATION gazette FOR TABLE invoices_invoice",
            "gazette: publishes every organization's rows",
        ),
        (
            "CREATE SCHEMA cellar; CREATE TABLE cellar.store (id int)",
            "store: a table outside of the public schema",
        ),
        (
            "GRANT CREATE ON SCHEMA public TO PUBLIC",
            "public: a schema that the app role may make things in",
        ),
    ],
)
def test_a_hole_is_found(damage: str, fault: str) -> None:
    """Each is made in the owner's transaction, looked at through it, and rolled back."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(damage)

        found = catalogue.faults(cursor, role=ROLE)

        transaction.set_rollback(True, using="owner")
    assert found == [fault]


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_a_tenant_model_refuses_to_be_asked_outside_an_organization(
    model: type[TenantModel],
) -> None:
    for manager in (model._default_manager, model._base_manager):
        with pytest.raises(TenancyError, match="Open tenant_transaction first"):
            manager.all()


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_a_key_between_tenant_models_keeps_the_organization(model: type[TenantModel]) -> None:
    inside = [
        field
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey) and issubclass(field.related_model, TenantModel)
    ]

    assert all(isinstance(field, TenantForeignKey) for field in inside)


@pytest.mark.django_db
def test_no_setting_turns_a_trigger_off() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL pgtrigger.ignore = '{timeline_is_append_only}'")
        cursor.execute("SELECT _pgtrigger_should_ignore('timeline_is_append_only')")

        assert cursor.fetchone() == (False,)
