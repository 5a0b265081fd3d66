"""The memory keeps what was done, in order, and shows when someone touched it."""

import pytest
from django.db import ProgrammingError, connection, connections

from common.tenancy import tenant_transaction
from organizations import timeline
from organizations.models import Organization, TimelineEvent, TimelineHead
from tests import make


def note(organization: Organization, *kinds: str) -> None:
    with tenant_transaction(organization.pk, actor="user:7"):
        for kind in kinds:
            timeline.record(
                kind, about={"invoice": 12, "payment": 5}, data={"minor": 5}, at=make.AT
            )


def test_events_are_numbered_without_a_gap_in_the_order_they_were_recorded(
    acme: Organization,
) -> None:
    note(acme, "payments.payment_recorded", "payments.payment_allocated")

    with tenant_transaction(acme.pk):
        events = TimelineEvent.objects.order_by("position")
        assert list(events.values_list("position", "kind", "actor", "invoice_id")) == [
            (1, "organizations.organization_opened", f"user:{_owner(acme)}", None),
            (2, "payments.payment_recorded", "user:7", 12),
            (3, "payments.payment_allocated", "user:7", 12),
        ]
        assert timeline.verify() == timeline.Verdict(events=3, ok=True, first_broken=None)


def _owner(organization: Organization) -> int:
    return organization.memberships.get().user_id


def test_a_transaction_that_fails_leaves_no_event(acme: Organization) -> None:
    with pytest.raises(RuntimeError), tenant_transaction(acme.pk):
        timeline.record("payments.payment_recorded", about={}, at=make.AT)
        raise RuntimeError

    with tenant_transaction(acme.pk):
        assert TimelineEvent.objects.count() == 1
        assert TimelineHead.objects.get().position == 1


@pytest.mark.parametrize("verb", ["UPDATE organizations_timelineevent SET kind = 'x'",
                                  "DELETE FROM organizations_timelineevent",
                                  "TRUNCATE organizations_timelineevent",
                                  "DELETE FROM organizations_timelinehead",
                                  "TRUNCATE organizations_timelinehead"])  # fmt: skip
def test_the_app_role_has_no_right_to_change_an_event(acme: Organization, verb: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        tenant_transaction(acme.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(verb)


@pytest.mark.parametrize(
    ("table", "rights"),
    [
        ("organizations_timelineevent", {"SELECT", "INSERT"}),
        ("organizations_timelinehead", {"SELECT", "INSERT", "UPDATE"}),
    ],
)
def test_the_app_role_has_these_rights_on_the_memory_and_no_other(
    db: None, table: str, rights: set[str]
) -> None:
    every = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE has_table_privilege(%s, name)",
            [every, table],
        )
        assert {name for (name,) in cursor.fetchall()} == rights


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_even_the_owner_is_stopped_by_the_trigger() -> None:
    acme = make.organization()

    with (
        pytest.raises(ProgrammingError, match="Cannot update or delete"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(f"SET app.organization_id = '{acme.pk}'")
        cursor.execute("DELETE FROM organizations_timelineevent")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE organizations_timelineevent SET data = '{}' WHERE position = 2", 2),
        ("UPDATE organizations_timelineevent SET actor = 'user:8' WHERE position = 2", 2),
        ("UPDATE organizations_timelineevent SET invoice_id = 13 WHERE position = 2", 2),
        ("DELETE FROM organizations_timelineevent WHERE position = 2", 3),
        ("DELETE FROM organizations_timelineevent WHERE position = 3", None),
    ],
)
def test_tampering_is_found_at_its_place(tampering: str, broken_at: int | None) -> None:
    acme = make.organization()
    note(acme, "payments.payment_recorded", "payments.payment_allocated")
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE organizations_timelineevent DISABLE TRIGGER USER")
        cursor.execute(f"SET app.organization_id = '{acme.pk}'")
        cursor.execute(tampering)
        cursor.execute("RESET app.organization_id")
        cursor.execute("ALTER TABLE organizations_timelineevent ENABLE TRIGGER USER")

    with tenant_transaction(acme.pk):
        verdict = timeline.verify()
        broken = TimelineEvent.objects.filter(pk=verdict.first_broken or 0).first()

    assert not verdict.ok
    assert (broken.position if broken else None) == broken_at
