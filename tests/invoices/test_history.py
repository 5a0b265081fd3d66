"""The history as an audit: found by its filters, page by page, and given as a file."""

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.tenancy import tenant_transaction
from invoices import history
from invoices.history import Wanted
from invoices.models import Customer, Invoice
from organizations import timeline
from organizations.models import Organization, Role, TimelineEvent
from tests import make
from tests.make import AT


def note(
    organization: Organization,
    kind: str = "invoices.customer_updated",
    *,
    actor: str = "system",
    at: datetime = AT,
    count: int = 1,
    about: Mapping[str, int] = MappingProxyType({}),
) -> None:
    with tenant_transaction(organization.pk, actor=actor):
        for _ in range(count):
            timeline.record(kind, about=about, at=at)


@pytest.fixture
def invoice(acme: Organization) -> Invoice:
    with tenant_transaction(acme.pk):
        dupont = make.a_customer(acme, "Dupont", code="C-1")
        return make.invoice(acme, customer=dupont, number="F-1")


@pytest.fixture
def busy(acme: Organization, invoice: Invoice) -> Organization:
    """Acme with an event of each sort, the opening first."""
    with tenant_transaction(acme.pk):
        other = make.a_customer(acme, "Zola", code="C-2")
    about = {"customer": invoice.customer_id, "invoice": invoice.pk}
    note(acme, "dunning.reminder_sent", about=about)
    note(acme, "payments.payment_recorded", actor="user:99", about=about)
    note(acme, "invoices.customer_updated", about={"customer": other.pk}, at=AT + timedelta(days=3))
    return acme


def kinds(organization: Organization, **wanted: Any) -> list[str]:
    with tenant_transaction(organization.pk):
        found = history.events(organization, Wanted(**wanted)).order_by("position")
        return [kind.partition(".")[2] for kind in found.values_list("kind", flat=True)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["organization_opened", "reminder_sent", "payment_recorded", "customer_updated"]),
        ({"kind": "dunning"}, ["reminder_sent"]),
        ({"kind": "dunning.reminder_sent"}, ["reminder_sent"]),
        ({"kind": "dun"}, []),
        ({"actor": "user:99"}, ["payment_recorded"]),
        ({"actor": "system"}, ["reminder_sent", "customer_updated"]),
        ({"customer": "c-1"}, ["reminder_sent", "payment_recorded"]),
        ({"customer": "zol"}, ["customer_updated"]),
        ({"invoice": "f-1"}, ["reminder_sent", "payment_recorded"]),
        ({"invoice": "F-1", "kind": "payments"}, ["payment_recorded"]),
        ({"invoice": "F-"}, []),
        ({"since": date(2026, 2, 16)}, ["customer_updated"]),
        ({"until": date(2026, 2, 12)}, []),
        ({"since": date(2026, 2, 13), "until": date(2026, 2, 13), "kind": "dunning"},
         ["reminder_sent"]),
    ],
)  # fmt: skip
def test_a_filter_keeps_what_is_asked_for(
    busy: Organization, wanted: dict[str, Any], found: list[str]
) -> None:
    assert kinds(busy, **wanted) == found


@pytest.mark.parametrize(("hour", "day"), [(22, 13), (23, 14)])  # UTC; Paris is one hour ahead
def test_a_day_is_the_organizations_own(acme: Organization, hour: int, day: int) -> None:
    note(acme, "dunning.reminder_sent", at=AT.replace(hour=hour))

    on = date(2026, 2, day)
    assert kinds(acme, kind="dunning", since=on, until=on) == ["reminder_sent"]


def test_pages_go_down_and_up_again_without_a_gap(acme: Organization) -> None:
    note(acme, count=11)  # twelve with the opening
    with tenant_transaction(acme.pk):
        found = history.events(acme, Wanted())

        def page(**cursor: int | None) -> tuple[list[int], int | None, int | None]:
            asked = {"before": None, "after": None, **cursor}
            shown, newer, older = history.page(found, size=5, **asked)
            return [event.position for event in shown], newer, older

        assert page() == ([12, 11, 10, 9, 8], None, 8)
        assert page(before=8) == ([7, 6, 5, 4, 3], 7, 3)
        assert page(before=3) == ([2, 1], 2, None)
        assert page(after=2) == ([7, 6, 5, 4, 3], 7, 3)
        assert page(after=7) == ([12, 11, 10, 9, 8], None, 8)
        assert page(before=1) == ([], None, None)


def test_what_is_added_meanwhile_moves_no_page(acme: Organization) -> None:
    note(acme, count=11)
    with tenant_transaction(acme.pk):
        found = history.events(acme, Wanted())
        _shown, _newer, older = history.page(found, size=5, before=None, after=None)
    note(acme, count=3)

    with tenant_transaction(acme.pk):
        shown, _newer, _older = history.page(found, size=5, before=older, after=None)

    assert [event.position for event in shown] == [7, 6, 5, 4, 3]


def test_the_page_says_each_event_in_words_with_its_place_and_seal(
    busy: Organization, owner: Client
) -> None:
    page = owner.get(f"/o/{busy.slug}/history/?invoice=F-1").content.decode()

    with tenant_transaction(busy.pk):
        seal = TimelineEvent.objects.get(kind="dunning.reminder_sent").seal
    assert f">{seal[:8]}</code>" in page
    assert "Dupont" in page
    assert "Zola" not in page
    assert f"/o/{busy.slug}/history.csv?invoice=F-1" in page


@pytest.mark.parametrize("count", [5, 45])
def test_a_page_costs_the_same_queries_for_few_and_for_many(
    acme: Organization, owner: Client, count: int
) -> None:
    for number in range(count):
        with tenant_transaction(acme.pk):
            customer = make.a_customer(acme, f"Customer {number}")
        note(acme, about={"customer": customer.pk}, actor=f"user:{make.user().pk}")

    with CaptureQueriesContext(connection) as queries:
        response = owner.get(f"/o/{acme.slug}/history/")

    assert len(response.context["events"]) == count + 1
    assert len(queries) <= 34


@pytest.mark.parametrize(
    "query",
    [
        "kind=nothing", "kind=%00", "actor=everybody", "since=2026-02-30", "until=someday",
        "before=abc", "before=-1", "after=99999999999999999999", "customer=%00",
        f"invoice={'x' * 65}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("page", ["history/", "history.csv"])
def test_a_filter_that_is_none_is_refused(
    acme: Organization, owner: Client, page: str, query: str
) -> None:
    response = owner.get(f"/o/{acme.slug}/{page}?{query}")

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize("query", ["until=9999-12-31", "since=0001-01-01", "actor=user:99"])
def test_the_ends_of_the_calendar_and_people_who_left_are_filters(
    busy: Organization, owner: Client, query: str
) -> None:
    assert owner.get(f"/o/{busy.slug}/history/?{query}").status_code == HTTPStatus.OK


def rows(response: Any) -> list[list[str]]:
    text = response.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";", strict=True))


def test_the_file_has_exactly_the_events_of_the_filter_the_oldest_first(
    busy: Organization, owner: Client
) -> None:
    response = owner.get(f"/o/{busy.slug}/history.csv?invoice=F-1&before=2")

    _header, *found = rows(response)
    assert [(row[0], row[3], row[4], row[6]) for row in found] == [
        ("2", "Dupont", "F-1", "dunning.reminder_sent"),
        ("3", "Dupont", "F-1", "payments.payment_recorded"),
    ]
    assert all(len(row[7]) == 64 and "<" not in row[2] for row in found)
    assert found[0][1] == "2026-02-13T10:00:00+01:00"


def test_a_name_that_is_a_formula_is_shown_in_the_file_and_not_run(
    busy: Organization, owner: Client
) -> None:
    with tenant_transaction(busy.pk):
        Customer.objects.filter(code="C-1").update(name='=HYPERLINK("http://x")')

    found = rows(owner.get(f"/o/{busy.slug}/history.csv?invoice=F-1"))

    assert found[1][3] == '\'=HYPERLINK("http://x")'


def test_a_file_that_would_be_too_long_is_refused(
    busy: Organization, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_EXPORTED", 3)

    response = owner.get(f"/o/{busy.slug}/history.csv")

    assert response.status_code == HTTPStatus.CONFLICT


@pytest.mark.parametrize(
    ("role", "page", "file"),
    [(Role.COLLECTOR, HTTPStatus.OK, HTTPStatus.FORBIDDEN),
     (Role.ACCOUNTANT, HTTPStatus.OK, HTTPStatus.OK)],
)  # fmt: skip
def test_every_member_reads_and_some_take_it_away(
    busy: Organization, client: Client, role: Role, page: HTTPStatus, file: HTTPStatus
) -> None:
    client.force_login(make.member(busy, role))

    house = f"/o/{busy.slug}"
    assert client.get(f"{house}/history/").status_code == page
    assert client.get(f"{house}/history.csv").status_code == file


def test_invoice_and_customer_lead_to_their_history(
    busy: Organization, invoice: Invoice, owner: Client
) -> None:
    house = f"/o/{busy.slug}"

    of_invoice = owner.get(f"{house}/invoices/{invoice.pk}/").content.decode()
    of_customer = owner.get(f"{house}/customers/{invoice.customer_id}/").content.decode()

    assert f'href="{house}/history/?invoice=F-1"' in of_invoice
    assert f'href="{house}/history/?customer=C-1"' in of_customer
