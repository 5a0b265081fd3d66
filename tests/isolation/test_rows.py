"""Each tenant model, one row in each of two organizations: what Acme can do to Other's row."""

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from common.tenancy import TenantForeignKey, TenantModel, tenant_transaction
from organizations.models import Organization
from tests.covered import Count
from tests.isolation.rows import Rows

MODELS = [model for model in apps.get_models() if issubclass(model, TenantModel)]
KEYS = [
    (model, field)
    for model in MODELS
    for field in model._meta.local_fields
    if isinstance(field, TenantForeignKey)
]

pytestmark = pytest.mark.django_db
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


def made(organization: Organization, model: type[TenantModel]) -> TenantModel:
    with tenant_transaction(organization.pk):
        row: TenantModel = Rows(organization, organization.name).one(model)
        assert model.objects.filter(pk=row.pk).exists()
    return row


def rows_touched(sql: str, *values: int) -> int:
    """Return how many rows a statement touches; 0 when the role may not even try."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            touched: int = cursor.rowcount
            return touched
    except ProgrammingError as refusal:
        assert "permission denied for table" in str(refusal)  # noqa: PT017  # 0 is an answer too
        return 0


def count(sql: str, *values: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        number: int = cursor.fetchone()[0]
    return number


@each_model
def test_the_row_of_another_organization_cannot_be_seen(
    model: type[TenantModel], acme: Organization, other: Organization, covered: Count
) -> None:
    row, table = made(other, model), model._meta.db_table

    with tenant_transaction(acme.pk):
        for manager in (model._default_manager, model._base_manager):
            assert not manager.filter(pk=row.pk).exists()
            assert not manager.filter(organization_id=other.pk).exists()
        by_id = count(f"SELECT count(*) FROM {table} WHERE id = %s", row.pk)
        by_organization = count(
            f"SELECT count(*) FROM {table} WHERE organization_id = %s", other.pk
        )

    assert (by_id, by_organization) == (0, 0)
    covered("tenant models whose rows cannot be seen, changed, removed or written", 1)


@each_model
def test_no_row_is_seen_while_no_organization_is_open(
    model: type[TenantModel], acme: Organization, other: Organization
) -> None:
    for organization in (acme, other):
        made(organization, model)

    assert count(f"SELECT count(*) FROM {model._meta.db_table}") == 0


@each_model
def test_the_row_of_another_organization_can_be_neither_changed_nor_removed(
    model: type[TenantModel], acme: Organization, other: Organization
) -> None:
    row, table = made(other, model), model._meta.db_table

    with tenant_transaction(acme.pk):
        changed = rows_touched(f"UPDATE {table} SET id = id WHERE id = %s", row.pk)
        taken = rows_touched(
            f"UPDATE {table} SET organization_id = %s WHERE id = %s", acme.pk, row.pk
        )
        removed = rows_touched(f"DELETE FROM {table} WHERE id = %s", row.pk)

    assert (changed, taken, removed) == (0, 0, 0)
    with tenant_transaction(other.pk):
        assert model.objects.filter(pk=row.pk).exists()


@each_model
def test_no_row_can_be_written_into_another_organization(
    model: type[TenantModel], acme: Organization, other: Organization
) -> None:
    own, table = made(acme, model), model._meta.db_table

    with tenant_transaction(acme.pk):
        foreign = Rows(acme, "Acme").another(model, organization_id=other.pk)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            foreign.save(force_insert=True)
        with pytest.raises(DatabaseError, match=r"row-level|permission denied"):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE {table} SET organization_id = %s WHERE id = %s", [other.pk, own.pk]
                )


@pytest.mark.parametrize(
    ("model", "field"), KEYS, ids=[f"{model._meta.label}.{field.name}" for model, field in KEYS]
)
def test_no_row_can_point_at_the_row_of_another_organization(
    model: type[TenantModel],
    field: TenantForeignKey,
    acme: Organization,
    other: Organization,
    covered: Count,
) -> None:
    target: type[TenantModel] = field.related_model  # type: ignore[assignment]
    foreign = made(other, target)
    name = f"{model._meta.db_table}_{field.name}_same_organization"

    with tenant_transaction(acme.pk):
        row = Rows(acme, "Acme").another(model, **{field.attname: foreign.pk})
        with pytest.raises(IntegrityError, match=f'foreign key constraint "{name}"'):
            with transaction.atomic():
                row.save(force_insert=True)
                with connection.cursor() as cursor:
                    cursor.execute(f"SET CONSTRAINTS {name} IMMEDIATE")

    covered("composite keys that refuse another organization's row", 1)
