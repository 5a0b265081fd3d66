"""Who is in charge of whom: one customer, all of them, or only for some days."""

import json
from datetime import date
from http import HTTPStatus

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.tenancy import tenant_transaction
from invoices import portfolios
from invoices.models import Customer
from invoices.portfolios import Whose
from organizations.models import Membership, Organization, TimelineEvent
from organizations.rights import Role
from tests import make
from tests.make import AT, ON

pytestmark = pytest.mark.usefixtures("now")


def _member(organization: Organization, role: Role = Role.COLLECTOR) -> Membership:
    return organization.memberships.get(user=make.member(organization, role))


def _names(member: Membership, whose: Whose, *, on: date = ON) -> list[str]:
    found = Customer.objects.filter(portfolios.wanted(member, whose, on=on))
    return list(found.order_by("name").values_list("name", flat=True))


@pytest.fixture
def lea(acme: Organization) -> Membership:
    return _member(acme)


@pytest.fixture
def hugo(acme: Organization) -> Membership:
    return _member(acme)


@pytest.fixture
def book(acme: Organization, lea: Membership, hugo: Membership) -> dict[str, Customer]:
    """One customer in Léa's charge, one in Hugo's, one in nobody's."""
    with tenant_transaction(acme.pk):
        found = {name: make.a_customer(acme, name) for name in ("Lea's", "Hugo's", "Nobody's")}
        for name, member in (("Lea's", lea), ("Hugo's", hugo)):
            found[name].in_charge = member
            found[name].save()
    return found


def test_the_database_keeps_who_is_in_charge_in_the_organization(
    acme: Organization, other: Organization
) -> None:
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme)
    stranger = other.memberships.get()

    with (
        pytest.raises(IntegrityError, match="in_charge_same_organization"),
        tenant_transaction(acme.pk),
    ):
        Customer.objects.filter(pk=customer.pk).update(in_charge=stranger)


@pytest.mark.usefixtures("book")
def test_mine_nobodys_and_the_teams_are_told_apart(acme: Organization, lea: Membership) -> None:
    with tenant_transaction(acme.pk):
        assert _names(lea, Whose.MINE) == ["Lea's"]
        assert _names(lea, Whose.NOBODYS) == ["Nobody's"]
        assert _names(lea, Whose.TEAM) == ["Hugo's", "Lea's", "Nobody's"]
        lea.is_limited = True
        assert _names(lea, Whose.TEAM) == ["Lea's", "Nobody's"]


@pytest.mark.usefixtures("book")
def test_a_stand_in_has_a_colleagues_customers_from_the_first_day_to_the_last(
    acme: Organization, lea: Membership, hugo: Membership
) -> None:
    hugo.stand_in, hugo.away_from, hugo.away_until = lea, date(2026, 2, 23), date(2026, 2, 28)
    hugo.save()

    with tenant_transaction(acme.pk):
        days = [date(2026, 2, 22), date(2026, 2, 23), date(2026, 2, 28), date(2026, 3, 1)]
        mine = [_names(lea, Whose.MINE, on=day) for day in days]
        assert mine == [["Lea's"], ["Hugo's", "Lea's"], ["Hugo's", "Lea's"], ["Lea's"]]
        assert _names(hugo, Whose.MINE, on=days[1]) == ["Hugo's"]


def test_a_customer_is_entrusted_once_and_let_go(
    acme: Organization, book: dict[str, Customer], lea: Membership
) -> None:
    with tenant_transaction(acme.pk):
        portfolios.entrust(book["Nobody's"], lea, by=lea, at=AT)
        portfolios.entrust(book["Nobody's"], lea, by=lea, at=AT)
        portfolios.entrust(book["Nobody's"], None, by=lea, at=AT)

    with tenant_transaction(acme.pk):
        book["Nobody's"].refresh_from_db()
        assert book["Nobody's"].in_charge_id is None
        kinds = TimelineEvent.objects.filter(customer_id=book["Nobody's"].pk).order_by("position")
        assert list(kinds.values_list("kind", flat=True)) == [
            "invoices.customer_entrusted",
            "invoices.customer_let_go",
        ]


def test_who_is_limited_takes_no_colleagues_customer(
    inside_acme: Organization, lea: Membership, hugo: Membership
) -> None:
    customer = make.a_customer(inside_acme)
    portfolios.entrust(customer, hugo, by=hugo, at=AT)
    lea.is_limited = True

    with pytest.raises(portfolios.NotInYourCharge):
        portfolios.entrust(customer, lea, by=lea, at=AT)

    customer.refresh_from_db()
    assert customer.in_charge == hugo


def test_the_page_shows_who_is_in_charge_and_changes_it(
    acme: Organization, owner: Client, book: dict[str, Customer], hugo: Membership
) -> None:
    lea_s = book["Lea's"]
    address = f"/o/{acme.slug}/customers/{lea_s.pk}/"

    answer = owner.post(f"{address}in-charge/", {"in_charge": hugo.pk})

    assert answer["Location"] == address
    with tenant_transaction(acme.pk):
        book["Lea's"].refresh_from_db()
    assert book["Lea's"].in_charge == hugo
    assert f'<option value="{hugo.pk}" selected>' in owner.get(address).content.decode()


@pytest.mark.parametrize("said", ["theirs", "x", "987654", "\u0000"])
def test_nobody_from_outside_is_put_in_charge(
    acme: Organization, other: Organization, owner: Client, book: dict[str, Customer], said: str
) -> None:
    key = str(other.memberships.get().pk) if said == "theirs" else said

    nobody_s = book["Nobody's"]
    owner.post(f"/o/{acme.slug}/customers/{nobody_s.pk}/in-charge/", {"in_charge": key})

    with tenant_transaction(acme.pk):
        book["Nobody's"].refresh_from_db()
        assert book["Nobody's"].in_charge_id is None


@pytest.mark.usefixtures("book")
def test_the_list_is_filtered_by_who_is_in_charge(
    acme: Organization, client: Client, lea: Membership, hugo: Membership
) -> None:
    client.force_login(lea.user)

    def listed(asked: str) -> list[str]:
        page = client.get(f"/o/{acme.slug}/customers/?in_charge={asked}")
        return sorted(customer.name for customer, _owing, _act, _next in page.context["rows"])

    assert listed("mine") == ["Lea's"]
    assert listed("nobodys") == ["Nobody's"]
    assert listed(str(hugo.pk)) == ["Hugo's"]
    assert listed("") == ["Hugo's", "Lea's", "Nobody's"]
    assert listed("9" * 40) == []
    assert listed("x") == []


def test_a_list_of_customers_costs_the_same_whoever_is_in_charge(
    acme: Organization, api: Client, book: dict[str, Customer]
) -> None:
    api.get("/api/v1/customers/")  # the key's last use is noted once a minute
    with CaptureQueriesContext(connection) as all_three:
        found = api.get("/api/v1/customers/").json()["results"]
    with tenant_transaction(acme.pk):
        Customer.objects.update(in_charge=None)
    with CaptureQueriesContext(connection) as of_nobody:
        api.get("/api/v1/customers/")

    charges = {one["name"]: one["in_charge"] for one in found}
    assert charges == {
        name: None if one.in_charge_id is None else str(one.in_charge_id)
        for name, one in book.items()
    }
    assert len(all_three) == len(of_nobody)


def test_a_program_puts_a_member_in_charge_and_nobody_from_outside(
    acme: Organization, other: Organization, api: Client, book: dict[str, Customer]
) -> None:
    mine, theirs = acme.memberships.owners()[0], other.memberships.get()
    nobody_s = book["Nobody's"]
    address = f"/api/v1/customers/{nobody_s.pk}/"

    def put(key: object) -> tuple[int, object]:
        answer = api.patch(address, json.dumps({"in_charge": key}), "application/json")
        return answer.status_code, answer.json().get("in_charge")

    assert put(str(mine.pk)) == (HTTPStatus.OK, str(mine.pk))
    assert put(str(theirs.pk))[0] == HTTPStatus.BAD_REQUEST
    assert put(mine.pk)[0] == HTTPStatus.BAD_REQUEST
    assert put("x\u0000")[0] == HTTPStatus.BAD_REQUEST
    assert api.get(address).json()["in_charge"] == str(mine.pk)
    assert put(None) == (HTTPStatus.OK, None)
