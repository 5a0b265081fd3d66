"""The pages on which letters are left to a provider, come back, and addresses are mended."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from common.tenancy import tenant_transaction
from dunning import posting
from dunning.channels.standins.server import StandIn
from dunning.models import Message
from invoices.models import Customer
from organizations.models import Organization
from tests import make
from tests.dunning import providers
from tests.dunning.providers import AT, again

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def post(settings: Any) -> Iterator[StandIn]:
    with providers.post(settings) as stand_in:
        yield stand_in


@pytest.fixture
def letter(acme: Organization) -> Message:
    return providers.a_letter(acme)


@pytest.fixture
def posted(acme: Organization, letter: Message) -> Message:
    with tenant_transaction(acme.pk):
        posting.mark_printed(letter, at=AT)
        posting.mark_posted(letter, at=AT)
    return letter


def page(client: Client, path: str) -> str:
    answer = client.get(f"/o/acme/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_letters_are_left_to_the_provider_and_taken_back_on_the_page(
    owner: Client, post: StandIn, letter: Message
) -> None:
    offered = "Confier les recommandés" in page(owner, "letters/")

    owner.post("/o/acme/letters/hand-over/", {"letter": letter.pk})
    left = page(owner, "letters/")
    handed_over = again(letter).provider
    owner.post(f"/o/acme/letters/{letter.pk}/take-back/")
    back = page(owner, "letters/")

    assert (offered, handed_over, again(letter).provider) == (True, "mysendingbox", "")
    assert ("Confiés au prestataire" in left, "Confiés au prestataire" in back) == (True, False)
    assert post.calls == []


def test_without_a_provider_nothing_is_offered_and_asking_is_refused(
    owner: Client, letter: Message
) -> None:
    offered = "Confier les recommandés" in page(owner, "letters/")
    answer = owner.post("/o/acme/letters/hand-over/", {"letter": letter.pk})

    assert (offered, answer.status_code, again(letter).provider) == (False, 422, "")
    assert "Aucun prestataire n’est configuré" in answer.content.decode()


def test_nothing_ticked_is_refused(owner: Client, post: StandIn, letter: Message) -> None:
    answer = owner.post("/o/acme/letters/hand-over/")

    assert (answer.status_code, again(letter).provider, post.calls) == (422, "", [])


def test_a_letter_that_came_back_is_noted_and_undone(
    acme: Organization, owner: Client, posted: Message
) -> None:
    owner.post(f"/o/acme/letters/{posted.pk}/came-back/", {"why": "wrong_address"})
    noted = page(owner, "letters/")
    on_dashboard = page(owner, "")
    to_correct = page(owner, "cases/?tab=contacts")
    with tenant_transaction(acme.pk):
        customer = Customer.objects.get()
    of_customer = page(owner, f"customers/{customer.pk}/")
    owner.post(f"/o/acme/letters/{posted.pk}/arrived/")

    assert "Revenu le 13" in noted
    assert "Contacts à corriger" in on_dashboard
    assert "les courriers reviennent depuis le 13" in to_correct
    assert "Les courriers reviennent" in of_customer
    assert again(posted).returned_at is None
    with tenant_transaction(acme.pk):
        assert Customer.objects.get().address_failed_at is None


def test_a_reason_that_is_none_is_refused(owner: Client, posted: Message) -> None:
    answer = owner.post(f"/o/acme/letters/{posted.pk}/came-back/", {"why": "lost in space"})

    assert (answer.status_code, again(posted).returned_at) == (422, None)


@pytest.mark.parametrize(
    ("said", "address", "fails"),
    [
        ({"address": "9 rue Neuve", "postcode": "44000", "city": "Nantes"}, "9 rue Neuve", False),
        ({"right": "yes"}, "3 rue du Port", False),
        ({"address": "", "postcode": "44000", "city": "Nantes"}, "3 rue du Port", True),
    ],
)
def test_the_address_of_a_customer_is_mended_where_letters_come_back(
    acme: Organization,
    owner: Client,
    said: dict[str, str],
    address: str,
    fails: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme)
        Customer.objects.update(address_failed_at=AT)

    owner.post(f"/o/acme/customers/{customer.pk}/address/", said)

    with tenant_transaction(acme.pk):
        found = Customer.objects.get()
    assert (found.address, found.address_failed_at is not None) == (address, fails)


def test_programs_leave_letters_to_the_provider_and_note_what_came_back(
    acme: Organization, api: Client, post: StandIn, letter: Message
) -> None:
    path = f"/api/v1/letters/{letter.pk}"
    left = api.post(f"{path}/hand-over/").json()
    back = api.post(f"{path}/take-back/").json()
    with tenant_transaction(acme.pk):
        posting.mark_printed(letter, at=AT)
        posting.mark_posted(letter, at=AT)
    wrong = api.post(f"{path}/came-back/", {"why": "x"}, content_type="application/json")
    said = {"why": "refused"}
    noted = api.post(f"{path}/came-back/", said, content_type="application/json").json()
    undone = api.post(f"{path}/arrived/").json()
    again_undone = api.post(f"{path}/arrived/")

    assert (left["provider"], back["provider"]) == ("mysendingbox", "")
    assert (wrong.status_code, noted["returned_as"]) == (400, "refused")
    assert (noted["returned_at"] is not None, undone["returned_at"]) == (True, None)
    assert again_undone.status_code == 409
    assert again_undone.json()["code"] == "message_state"
    assert post.calls == []


def test_the_mailbox_shows_what_a_stand_in_took(
    acme: Organization, owner: Client, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
    with providers.phones(settings):
        sent = providers.deliver(providers.an_sms(acme))

        shown = page(owner, "mailbox/")
        alone = page(owner, f"reminders/{sent.pk}/")

    assert "SMS et recommandés" in shown
    assert "06\u00a012\u00a034\u00a056\u00a078" in shown.replace("\u202f", "\u00a0")
    assert "F-1" in alone


@pytest.mark.parametrize("path", ["letters/", "mailbox/", "cases/?tab=contacts"])
def test_a_page_asks_as_often_for_many_as_for_few(
    acme: Organization,
    owner: Client,
    settings: Any,
    django_assert_max_num_queries: Any,
    path: str,
) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
    with providers.phones(settings), providers.post(settings):
        with tenant_transaction(acme.pk):
            for number in range(12):
                customer = make.a_customer(acme)
                Customer.objects.filter(pk=customer.pk).update(address_failed_at=AT)
                make.invoice(acme, customer=customer)
                Message.objects.create(
                    organization=acme,
                    customer=customer,
                    channel="registered_letter",
                    kind="formal_notice",
                    tone="formal",
                    level=50,
                    state="sent" if number % 2 else "queued",
                    sent_at=AT if number % 2 else None,
                    provider="mysendingbox",
                    not_before=AT,
                    language="fr",
                    written_on=make.ON,
                    created_at=AT,
                )
        page(owner, path)

        with django_assert_max_num_queries(45):
            page(owner, path)
