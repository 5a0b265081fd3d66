"""Whose customers the queue of calls shows, and who may call them."""

from http import HTTPStatus

import pytest
from django.test import Client

from common.tenancy import tenant_transaction
from dunning import planning
from dunning.models import Call
from invoices.models import Customer
from organizations.models import Membership, Organization
from organizations.rights import Role
from tests import make
from tests.make import AT, ON

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def lea(acme: Organization) -> Membership:
    return acme.memberships.get(user=make.member(acme, Role.COLLECTOR))


@pytest.fixture
def calls(acme: Organization, lea: Membership) -> dict[str, Call]:
    """Three calls: a colleague's is the largest, then nobody's, then Léa's own."""
    charges = {"Hugo's": acme.memberships.owners()[0], "Nobody's": None, "Lea's": lea}
    with tenant_transaction(acme.pk):
        for place, (name, member) in enumerate(charges.items()):
            customer = make.a_customer(acme, name, email="", phone="0140447120")
            make.invoice(acme, customer=customer, amounts={"2026-02-02": 9_000 - place * 1_000})
            Customer.objects.filter(pk=customer.pk).update(in_charge=member)
        planning.follow_up(acme, on=ON, at=AT)
        return {call.customer.name: call for call in Call.objects.select_related("customer")}


@pytest.fixture
def browser(lea: Membership, client: Client) -> Client:
    client.force_login(lea.user)
    return client


def limit(lea: Membership) -> None:
    Membership.objects.filter(pk=lea.pk).update(is_limited=True)


def shown(browser: Client, acme: Organization, query: str = "") -> tuple[str, list[str]]:
    """Return whose turn it is, and the queue."""
    page = browser.get(f"/o/{acme.slug}/calls/{query}")
    turn = page.context["call"]
    queue = [row["call"].customer.name for row in page.context["queue"]]
    return "" if turn is None else turn.customer.name, queue


@pytest.mark.parametrize(
    ("query", "turn", "queue"),
    [
        ("", "Hugo's", ["Hugo's", "Nobody's", "Lea's"]),
        ("?whose=team", "Hugo's", ["Hugo's", "Nobody's", "Lea's"]),
        ("?whose=mine", "Lea's", ["Lea's"]),
        ("?whose=nobodys", "Nobody's", ["Nobody's"]),
        ("?whose=x", "Hugo's", ["Hugo's", "Nobody's", "Lea's"]),
    ],
)
@pytest.mark.usefixtures("calls")
def test_the_queue_and_the_next_call_follow_the_filter(
    acme: Organization, browser: Client, query: str, turn: str, queue: list[str]
) -> None:
    assert shown(browser, acme, query) == (turn, queue)


@pytest.mark.usefixtures("calls")
def test_a_call_held_outside_the_filter_is_not_the_next(
    acme: Organization, browser: Client
) -> None:
    shown(browser, acme)  # Hugo's is leased

    assert shown(browser, acme, "?whose=mine")[0] == "Lea's"


def test_the_filter_goes_along_from_one_call_to_the_next(
    acme: Organization, browser: Client, calls: dict[str, Call]
) -> None:
    own = calls["Lea's"].pk
    with tenant_transaction(acme.pk):
        ticked = calls["Lea's"].acts.get().instalment.invoice_id
    page = browser.get(f"/o/{acme.slug}/calls/?whose=mine").content.decode()
    assert f"/calls/{own}/outcome/?whose=mine" in page

    noted = browser.post(
        f"/o/{acme.slug}/calls/{own}/outcome/?whose=mine",
        {"outcome": "says_paid", "paid_on": "13/02/2026", "invoice": ticked},
    )

    assert noted["Location"] == f"/o/{acme.slug}/calls/?whose=mine"
    assert shown(browser, acme, "?whose=mine") == ("", [])


@pytest.mark.usefixtures("calls")
def test_who_is_limited_sees_and_is_given_his_own_and_nobodys(
    acme: Organization, browser: Client, lea: Membership
) -> None:
    limit(lea)

    assert shown(browser, acme) == ("Nobody's", ["Nobody's", "Lea's"])


def test_who_is_limited_neither_opens_nor_notes_a_colleagues_call(
    acme: Organization, browser: Client, lea: Membership, calls: dict[str, Call]
) -> None:
    limit(lea)
    theirs = calls["Hugo's"].pk
    address = f"/o/{acme.slug}/calls/{theirs}/"

    answers = [
        browser.get(address),
        browser.post(f"{address}outcome/", {"outcome": "other", "note": "x"}),
        browser.post(f"{address}pass/"),
    ]

    assert {answer.status_code for answer in answers} == {HTTPStatus.NOT_FOUND}
    with tenant_transaction(acme.pk):
        assert not Call.objects.exclude(leased_by="").exists()


def test_a_colleague_who_is_not_limited_takes_a_call_over(
    acme: Organization, browser: Client, calls: dict[str, Call]
) -> None:
    theirs = calls["Hugo's"].pk
    page = browser.get(f"/o/{acme.slug}/calls/{theirs}/")

    assert page.context["call"].pk == theirs
    assert page.context["may_note"]


@pytest.mark.usefixtures("calls")
def test_a_stand_in_who_is_limited_is_given_the_colleagues_calls(
    acme: Organization, browser: Client, lea: Membership
) -> None:
    limit(lea)
    acme.memberships.owners().update(stand_in=lea, away_from=ON, away_until=ON)

    assert shown(browser, acme)[0] == "Hugo's"
