"""A letter that came back was sent; where nobody is known, nothing is sent any more."""

from datetime import timedelta

import pytest

from common.tenancy import tenant_transaction
from dunning import facts, outbox, posting, returns
from dunning.models import Message, Returned
from invoices import recording
from invoices.models import Customer
from organizations.models import Organization
from tests.dunning import providers
from tests.dunning.providers import AT, ON

LATER = AT + timedelta(days=6)


@pytest.fixture
def letter(acme: Organization) -> Message:
    """A formal notice that a person printed and posted."""
    made = providers.a_letter(acme)
    with tenant_transaction(acme.pk):
        posting.mark_printed(made, at=AT)
        posting.mark_posted(made, at=AT, number="1A 2")
        return Message.objects.get(pk=made.pk)


def reached(acme: Organization) -> bool:
    (debtor,) = facts.debtors(acme, on=ON)
    return "registered_letter" in debtor.reachable


@pytest.mark.parametrize("why", Returned)
def test_only_an_address_where_nobody_is_known_is_flagged(
    acme: Organization, letter: Message, why: Returned
) -> None:
    with tenant_transaction(acme.pk):
        returns.came_back(letter, why=why, at=LATER)

        found = Message.objects.get(pk=letter.pk)
        assert (found.state, found.returned_at, found.returned_as) == ("sent", LATER, why)
        assert reached(acme) is (why != Returned.WRONG_ADDRESS)


def test_another_address_reaches_again(acme: Organization, letter: Message) -> None:
    with tenant_transaction(acme.pk):
        returns.came_back(letter, why=Returned.WRONG_ADDRESS, at=LATER)
        customer = Customer.objects.get()

        recording.update_customer(customer, {"name": "Dupont SA"}, at=LATER)
        renamed = reached(acme)
        recording.update_customer(customer, {"address": "9 rue Neuve"}, at=LATER)

        assert (renamed, reached(acme)) == (False, True)


def test_what_was_noted_by_mistake_is_undone_with_all_it_said(
    acme: Organization, letter: Message
) -> None:
    with tenant_transaction(acme.pk):
        returns.came_back(letter, why=Returned.WRONG_ADDRESS, at=LATER)

        returns.undo(letter, at=LATER + timedelta(hours=1))

        found = Message.objects.get(pk=letter.pk)
        assert (found.returned_at, found.returned_as, reached(acme)) == (None, "", True)
        with pytest.raises(outbox.NotInThisState):
            returns.undo(letter, at=LATER)


def test_another_reason_said_later_lets_the_address_hold(
    acme: Organization, letter: Message
) -> None:
    with tenant_transaction(acme.pk):
        returns.came_back(letter, why=Returned.WRONG_ADDRESS, at=LATER)

        returns.came_back(letter, why=Returned.REFUSED, at=LATER + timedelta(days=1))

        found = Message.objects.get(pk=letter.pk)
        assert (found.returned_at, found.returned_as) == (LATER, Returned.REFUSED)
        assert reached(acme)


def test_what_another_letter_said_of_the_address_stays(acme: Organization, letter: Message) -> None:
    with tenant_transaction(acme.pk):
        returns.came_back(letter, why=Returned.WRONG_ADDRESS, at=LATER)
        Customer.objects.update(address_failed_at=LATER + timedelta(days=2))

        returns.undo(letter, at=LATER + timedelta(days=3))

        assert not reached(acme)


def test_a_letter_that_was_not_posted_does_not_come_back(acme: Organization) -> None:
    made = providers.a_letter(acme)
    with tenant_transaction(acme.pk):
        with pytest.raises(outbox.NotInThisState):
            returns.came_back(made, why=Returned.REFUSED, at=LATER)

        assert Message.objects.get(pk=made.pk).returned_at is None
