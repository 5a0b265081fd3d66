"""What is planned, on its pages: the calendar, its list, each contact as it will be said."""

import csv
import io
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.tenancy import tenant_transaction
from invoices.models import Customer
from organizations.models import Organization, Role
from tests import make

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def coming(acme: Organization) -> Customer:
    """Acme with a customer who is written to on Tuesday 17 February and called on the 23rd."""
    with tenant_transaction(acme.pk):
        dupont = make.a_customer(acme, "=Dupont", phone="+33240000000")
        make.invoice(acme, customer=dupont, amounts={"2026-02-10": 120_000}, number="F-77")
    return dupont


def cells(page: Any) -> dict[str, Any]:
    return {f"{cell.day:%m-%d}": cell for week in page.context["weeks"] for cell in week}


def planned(client: Client, acme: Organization, query: str = "") -> Any:
    return client.get(f"/o/{acme.slug}/reminders/?tab=planned{query}")


def test_each_day_of_the_calendar_says_what_it_brings(
    acme: Organization, owner: Client, coming: Customer
) -> None:
    page = planned(owner, acme)

    days = cells(page)
    assert days["02-17"].channels == [("email", 1)]
    assert [str(amount) for amount in days["02-17"].amounts] == ["1200.00 EUR"]
    assert days["02-17"].url == "?tab=planned&day=2026-02-17#list"
    assert (days["02-14"].is_weekend, days["02-14"].url) == (True, "")
    assert len(days) % 7 == 0
    assert 'href="?tab=planned&amp;day=2026-02-17#list"' in page.content.decode()


def test_holidays_are_named_in_the_readers_language(acme: Organization, owner: Client) -> None:
    with time_machine.travel("2026-03-20T09:00:00Z", tick=False):
        owner.force_login(acme.memberships.get().user)
        page = planned(owner, acme)

    assert cells(page)["04-06"].holiday == "Lundi de Pâques"
    assert "Lundi de Pâques" in page.content.decode()


def test_a_day_of_the_calendar_opens_its_list_alone(
    acme: Organization, owner: Client, coming: Customer
) -> None:
    with tenant_transaction(acme.pk):
        other = make.invoice(acme, amounts={"2026-02-12": 10_000})

    page = planned(owner, acme, "&day=2026-02-17")

    assert [f"{on:%m-%d}" for on, _rows in page.context["days"]] == ["02-17"]
    assert other.number not in page.content.decode()
    assert cells(page)["02-19"].channels == [("email", 1)]


@pytest.mark.parametrize("day", ["2020-01-01", "2026-02-30", "x", ""])
def test_a_day_that_is_not_planned_shows_all_days(
    acme: Organization, owner: Client, coming: Customer, day: str
) -> None:
    page = planned(owner, acme, f"&day={day}")

    assert page.context["day"] is None
    assert len(page.context["days"]) > 2


def test_a_call_to_come_is_opened_as_it_will_be_said(
    acme: Organization, owner: Client, coming: Customer
) -> None:
    listed = planned(owner, acme).context["days"]
    (on,) = (day for day, rows in listed for row in rows if row["channel"] == "call")
    address = f"/o/{acme.slug}/customers/{coming.pk}/planned/?on={on:%Y-%m-%d}&channel=call"

    page = owner.get(address)

    assert page.status_code == HTTPStatus.OK
    assert "F-77" in page.content.decode()
    assert len(page.context["script"].turns) == 3


def test_the_file_has_a_line_for_each_invoice_and_runs_nothing(
    acme: Organization, owner: Client, coming: Customer
) -> None:
    answer = owner.get(f"/o/{acme.slug}/reminders/planned.csv")

    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert "attachment" in answer["Content-Disposition"]
    assert lines[1][0] == "2026-02-17"
    assert lines[1][3:8] == [coming.code, "'=Dupont", "F-77", "1200.00", "EUR"]


def test_the_file_is_for_those_who_may_export(
    acme: Organization, coming: Customer, client: Client
) -> None:
    client.force_login(make.member(acme, Role.COLLECTOR))

    assert client.get(f"/o/{acme.slug}/reminders/planned.csv").status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("count", [1, 12])
def test_the_calendar_asks_as_often_for_any_number_of_customers(
    acme: Organization, owner: Client, count: int
) -> None:
    with tenant_transaction(acme.pk):
        for _number in range(count):
            make.invoice(acme, amounts={"2026-02-10": 120_000})
    planned(owner, acme)

    with CaptureQueriesContext(connection) as asked:
        planned(owner, acme)

    assert len(asked) == 31
