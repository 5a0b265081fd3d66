"""The tenant's own words: who reads them, which version, and what happens without them."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.tenancy import tenant_transaction
from dunning import composing, delivery, own_texts, stationery, wording
from dunning.models import Act, Call, Message, OwnText
from dunning.wording import Language, TextKey
from invoices.models import Contact
from organizations.models import Organization
from tests import make

pytestmark = pytest.mark.django_db

COURTEOUS = TextKey("email", "courteous", "courteous")


def written(
    key: TextKey, language: Language = "fr", *, several: bool = False, **parts: str
) -> OwnText:
    house = dict(wording.source(key, language=language, several=several))
    row = own_texts.write(
        key,
        {**house, **parts},
        language=language,
        several=several,
        at=make.AT,
    )
    assert row is not None
    return row


def a_message(
    acme: Organization, *, language: str = "fr", invoices: int = 1, state: str = "queued"
) -> Message:
    customer = make.a_customer(acme)
    message = Message.objects.create(
        organization=acme,
        customer=customer,
        contact=Contact.objects.filter(customer=customer).first(),
        channel="email",
        kind="courteous",
        tone="courteous",
        level=20,
        state=state,
        language=language,
        written_on=make.ON,
        created_at=make.AT,
    )
    for place in range(invoices):
        invoice = make.invoice(acme, customer=customer, amounts={f"2026-01-{10 + place}": 120_000})
        Act.objects.create(
            organization=acme,
            customer=customer,
            instalment=invoice.instalments.get(),
            cycle=1,
            level=20,
            channel="email",
            kind="courteous",
            rule="D+7 courteous email",
            offset_days=7,
            message=message,
            written_on=make.ON,
        )
    return message


def acts_of(message: Message) -> list[Act]:
    return list(message.acts.select_related("instalment__invoice").order_by("pk"))


def test_each_debtor_reads_his_language_and_the_house_where_it_is_not_ours(
    inside_acme: Organization,
) -> None:
    written(COURTEOUS, title="Un mot de chez nous")
    french, english = a_message(inside_acme), a_message(inside_acme, language="en")

    texts = [composing.written(one, acts_of(one)).text for one in (french, english)]

    assert texts[0].startswith("Un mot de chez nous")
    assert texts[1].startswith("Your invoice")


def test_the_half_that_is_not_ours_is_the_houses(inside_acme: Organization) -> None:
    written(COURTEOUS, title="Un mot de chez nous")
    several = a_message(inside_acme, invoices=2)

    assert composing.written(several, acts_of(several)).text.startswith("Vos factures attendent")


def test_a_message_remembers_the_version_it_was_written_with(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        first = written(COURTEOUS, title="Un mot de chez nous")
        message = a_message(acme)
        message_id = message.pk

    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: make.AT)

    with tenant_transaction(acme.pk):
        written(COURTEOUS, title="Un autre mot")
        sent = Message.objects.get(pk=message_id)
        assert (sent.state, sent.own_text_id) == ("sent", first.pk)
        assert sent.text.startswith("Un mot de chez nous")


def test_who_approves_a_message_approves_its_words(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        written(COURTEOUS, title="Approuvé ainsi")
        message = a_message(acme, state="awaiting_approval")
        delivery.approve_all([message], at=make.AT)
        written(COURTEOUS, title="Écrit après coup")
        message_id = message.pk

    later = make.AT + timedelta(minutes=5)
    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: later)

    with tenant_transaction(acme.pk):
        assert Message.objects.get(pk=message_id).text.startswith("Approuvé ainsi")


def test_approval_of_the_houses_words_holds_them_too(inside_acme: Organization) -> None:
    message = a_message(inside_acme)
    message.approved_at = make.AT
    written(COURTEOUS, title="Écrit après coup")

    assert composing.written(message, acts_of(message)).text.startswith("Votre facture")


def test_the_words_of_many_messages_take_no_more_questions(inside_acme: Organization) -> None:
    written(COURTEOUS, title="Un mot de chez nous")
    messages = [a_message(inside_acme) for _ in range(4)]
    carried = [(one, acts_of(one)) for one in messages]
    written_on = stationery.in_force()

    with CaptureQueriesContext(connection) as queries:
        texts = [composing.written(one, acts, written_on=written_on).text for one, acts in carried]

    assert all(text.startswith("Un mot de chez nous") for text in texts)
    assert not [one for one in queries if "owntext" in one["sql"] or "enclosing" in one["sql"]]


def test_versions_are_never_changed_or_removed(inside_acme: Organization) -> None:
    row = written(COURTEOUS, title="Un mot")

    for statement in ("UPDATE dunning_owntext SET version = 9", "DELETE FROM dunning_owntext"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert OwnText.objects.get().version == row.version


def test_an_earlier_version_comes_back_as_a_new_one(inside_acme: Organization) -> None:
    first = written(COURTEOUS, title="Premier")
    written(COURTEOUS, title="Second")

    third = own_texts.restore(first, at=make.AT)

    assert (third.version, third.parts) == (3, first.parts)
    with pytest.raises(own_texts.NothingToRestore):
        own_texts.restore(first, at=make.AT)


def test_a_text_as_the_house_has_it_is_the_houses(inside_acme: Organization) -> None:
    written(COURTEOUS, title="Un mot")
    house = wording.source(COURTEOUS, language="fr", several=False)

    row = own_texts.write(COURTEOUS, house, language="fr", several=False, at=make.AT)

    assert row is not None
    assert row.parts == {}
    assert own_texts.in_force().row(COURTEOUS, "fr") is None


def test_what_the_linter_refuses_is_not_kept(inside_acme: Organization) -> None:
    house = dict(wording.source(COURTEOUS, language="fr", several=False))

    with pytest.raises(own_texts.TextRefused) as refusal:
        own_texts.write(
            COURTEOUS, {**house, "title": "{{ totl }}"}, language="fr", several=False, at=make.AT
        )

    assert [one.code for one in refusal.value.findings] == ["unknown_name"]
    assert not OwnText.objects.exists()


def test_a_kept_text_that_can_not_be_read_any_more_is_the_houses(
    inside_acme: Organization,
) -> None:
    OwnText.objects.create(
        organization=inside_acme,
        family="email",
        kind="courteous",
        tone="courteous",
        language="fr",
        version=1,
        parts={"one": {"title": "{{ gone }}"}},
        written_by="system",
        written_at=make.AT,
    )
    message = a_message(inside_acme)

    assert composing.written(message, acts_of(message)).text.startswith("Votre facture")


def test_a_call_is_made_in_our_words(inside_acme: Organization) -> None:
    written(TextKey("call", "first_call", "firm"), why="Alors, {{ number }} et {{ total }} ?")
    message = a_message(inside_acme)
    call = Call(
        organization=inside_acme,
        customer=message.customer,
        kind="courteous",
        tone="firm",
        level=30,
        written_on=make.ON,
    )

    script = composing.script(call, acts_of(message), on=make.ON)

    assert str(script.turns[1]).startswith("Alors, ")
