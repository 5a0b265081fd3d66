"""Where the money goes changes slowly, and in sight of every owner."""

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client

from common.tenancy import tenant_transaction
from dunning import composing
from dunning.models import LocalMail
from organizations import bank_details, tasks
from organizations.models import BankDetailsChange, Membership, Organization, Role, TimelineEvent
from tests import make
from tests.make import AT

OLD = "FR7630006000011234567890189"
NEW = "DE89370400440532013000"
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def it_is_friday() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def outbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def ask(organization: Organization, *, iban: str = NEW, bic: str = "") -> BankDetailsChange:
    owner = organization.memberships.get(role=Role.OWNER).user
    with tenant_transaction(organization.pk, actor=f"user:{owner.pk}"):
        return bank_details.change(organization, iban=iban, bic=bic, by=owner, at=AT)


def kinds(organization: Organization) -> list[str]:
    with tenant_transaction(organization.pk):
        return [
            event.kind.removeprefix("organizations.")
            for event in TimelineEvent.objects.order_by("position")
        ]


def test_a_change_takes_effect_after_24_hours_and_not_a_second_before(acme: Organization) -> None:
    ask(acme)

    with tenant_transaction(acme.pk):
        bank_details.catch_up(acme, at=AT + DAY - SECOND)
        before = composing.creditor(acme).iban
        bank_details.catch_up(acme, at=AT + DAY)
        after = composing.creditor(acme).iban

    acme.refresh_from_db()
    assert (before, after, acme.iban) == (OLD, NEW, NEW)
    assert kinds(acme)[1:] == ["bank_details_change_asked", "bank_details_changed"]


def test_pages_and_programs_see_the_new_iban_to_the_second_though_the_clock_is_late(
    acme: Organization, client: Client, api: Client
) -> None:
    ask(acme)
    page, card = f"/o/{acme.slug}/settings/", "/api/v1/organization/"

    with time_machine.travel(AT + DAY - SECOND, tick=False):
        waiting = api.get(card).json()["iban"]
    with time_machine.travel(AT + DAY, tick=False):
        client.force_login(acme.memberships.get().user)
        shown = client.get(page).content.decode()
        in_force = api.get(card).json()["iban"]

    assert (waiting, in_force) == (OLD, NEW)
    assert f'value="{NEW}"' in shown


def test_a_page_that_is_refused_leaves_the_change_to_the_next_one(
    acme: Organization, client: Client
) -> None:
    ask(acme)

    with time_machine.travel(AT + DAY, tick=False):
        client.force_login(acme.memberships.get().user)
        refused = client.post(f"/o/{acme.slug}/settings/", {"name": ""})
        acme.refresh_from_db()
        kept = acme.iban
        client.get(f"/o/{acme.slug}/settings/")

    acme.refresh_from_db()
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert (kept, acme.iban) == (OLD, NEW)


def test_the_clock_brings_a_change_into_force_once_and_then_looks_no_more(
    acme: Organization, outbox: None
) -> None:
    ask(acme)

    tasks.look_at_bank_details()
    with time_machine.travel(AT + DAY, tick=False):
        tasks.look_at_bank_details()
        tasks.look_at_bank_details()

    acme.refresh_from_db()
    assert (acme.iban, acme.bank_change_at) == (NEW, None)
    assert kinds(acme).count("bank_details_changed") == 1


def test_every_owner_is_told_once_who_when_what_and_how_to_stop_it(
    acme: Organization, other: Organization, outbox: None, settings: Any
) -> None:
    settings.BASE_URL = "https://encours.example"
    second = make.user("second@acme.example")
    Membership.objects.create(organization=acme, user=second, role=Role.OWNER)
    make.member(acme, Role.COLLECTOR)
    first = acme.memberships.order_by("pk")[0].user
    with tenant_transaction(acme.pk):
        bank_details.change(acme, iban=NEW, bic="", by=first, at=AT)

    tasks.look_at_bank_details()
    tasks.look_at_bank_details()

    assert [message.to for message in mail.outbox] == [[first.email], [second.email]]
    said = str(mail.outbox[0].body)
    assert f"{first} ({first.email})" in said
    assert "13 février 2026 10:00" in said
    assert "14 février 2026 10:00" in said
    assert "…0189" in said
    assert "…3000" in said
    assert f"https://encours.example/o/{acme.slug}/settings/" in said
    assert OLD not in said
    assert NEW not in said


def test_the_local_mailbox_shows_the_warning_to_the_organization_s_people(
    acme: Organization, other: Organization, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
    ask(acme)

    tasks.look_at_bank_details()

    with tenant_transaction(acme.pk):
        kept = LocalMail.objects.get()
    with tenant_transaction(other.pk):
        elsewhere = LocalMail.objects.count()
    assert kept.to == acme.memberships.get().user.email
    assert kept.subject == "Les coordonnées bancaires de Acme changent"
    assert elsewhere == 0


def test_the_warning_waits_for_a_mail_server_that_is_away(
    acme: Organization, settings: Any
) -> None:
    ask(acme)

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    tasks.look_at_bank_details()
    with tenant_transaction(acme.pk):
        untold = BankDetailsChange.objects.untold().count()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    tasks.look_at_bank_details()

    assert untold == 1
    assert len(mail.outbox) == 1


def test_a_change_that_is_called_off_never_takes_effect(acme: Organization, owner: Client) -> None:
    asked = ask(acme)
    page = f"/o/{acme.slug}/settings/"
    address = f"{page}bank-details/{asked.pk}/call-off/"
    shown = owner.get(page).content.decode()

    answer = owner.post(address)
    again = owner.post(address)
    with time_machine.travel(AT + DAY, tick=False):
        tasks.look_at_bank_details()

    acme.refresh_from_db()
    assert "…0189" in shown
    assert address in shown
    assert (answer.status_code, again.status_code) == (HTTPStatus.FOUND, HTTPStatus.CONFLICT)
    assert acme.iban == OLD
    assert kinds(acme)[1:] == ["bank_details_change_asked", "bank_details_called_off"]


def test_only_an_owner_of_the_organization_calls_a_change_off(
    acme: Organization, other: Organization, client: Client
) -> None:
    asked = ask(acme)
    address = f"/o/{acme.slug}/settings/bank-details/{asked.pk}/call-off/"

    client.force_login(make.member(acme, Role.COLLECTOR))
    collector = client.post(address)
    client.force_login(other.memberships.get().user)
    stranger = client.post(address.replace(acme.slug, other.slug))

    assert collector.status_code == HTTPStatus.FORBIDDEN
    assert stranger.status_code == HTTPStatus.CONFLICT
    with tenant_transaction(acme.pk):
        assert BankDetailsChange.objects.pending().exists()


def test_a_first_iban_takes_effect_at_once_and_the_owners_are_told(
    acme: Organization, outbox: None
) -> None:
    Organization.objects.update(iban="")
    acme.refresh_from_db()

    ask(acme)
    tasks.look_at_bank_details()

    acme.refresh_from_db()
    assert (acme.iban, acme.bank_change_at) == (NEW, None)
    assert len(mail.outbox) == 1
    assert "le nouveau est en vigueur" in str(mail.outbox[0].body)


def test_a_second_change_is_refused_while_one_waits(acme: Organization, sure_owner: Client) -> None:
    ask(acme)

    answer = sure_owner.post(
        f"/o/{acme.slug}/settings/", {**SETTINGS, "iban": "GB29NWBK60161331926819"}
    )

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    with tenant_transaction(acme.pk):
        assert BankDetailsChange.objects.get().iban == NEW


def test_the_database_knows_of_one_waiting_change_at_most(inside_acme: Organization) -> None:
    person = inside_acme.memberships.get().user
    bank_details.change(inside_acme, iban=NEW, bic="", by=person, at=AT)

    with pytest.raises(IntegrityError, match="bank_details_have_one_pending_change"):
        with transaction.atomic():
            BankDetailsChange.objects.create(
                organization=inside_acme, asked_by=person, asked_at=AT, effective_at=AT
            )


SETTINGS = {
    "name": "Acme",
    "iban": OLD,
    "sending_hour": "9",
    "gap_days": "2",
    "cap_count": "3",
    "cap_days": "7",
    "habit_cap_days": "10",
    "backlog_per_day": "20",
}


def test_the_settings_ask_who_is_there_before_the_iban_changes_and_then_go_on(
    acme: Organization, owner: Client
) -> None:
    page = f"/o/{acme.slug}/settings/"

    asked = owner.post(page, {**SETTINGS, "iban": "DE89 3704 0044 0532 0130 00", "gap_days": "5"})
    acme.refresh_from_db()
    untouched = acme.gap_days
    done = owner.post(asked["Location"], {"password": make.PASSWORD, "next": page})

    acme.refresh_from_db()
    assert asked["Location"] == f"/accounts/reauthenticate/?next=%2Fo%2F{acme.slug}%2Fsettings%2F"
    assert (untouched, done["Location"]) == (2, page)
    assert (acme.iban, acme.gap_days) == (OLD, 5)
    with tenant_transaction(acme.pk):
        assert BankDetailsChange.objects.get().iban == NEW


def test_settings_without_other_bank_details_ask_nobody_who_is_there(
    acme: Organization, owner: Client
) -> None:
    spaced = {**SETTINGS, "iban": "FR76 3000 6000 0112 3456 7890 189", "gap_days": "5"}

    owner.post(f"/o/{acme.slug}/settings/", spaced)

    acme.refresh_from_db()
    assert (acme.gap_days, acme.bank_change_at) == (5, None)


def test_a_password_given_longer_than_five_minutes_ago_is_asked_again(
    acme: Organization, sure_owner: Client
) -> None:
    page, change = f"/o/{acme.slug}/settings/", {**SETTINGS, "iban": NEW}

    with time_machine.travel(AT + timedelta(minutes=5, seconds=1), tick=False):
        late = sure_owner.post(page, change)
    with time_machine.travel(AT + timedelta(minutes=4, seconds=59), tick=False):
        early = sure_owner.post(page, change)

    assert late["Location"].startswith("/accounts/reauthenticate/")
    assert early["Location"] == page


def test_a_key_is_made_only_by_who_has_just_said_who_is_there(
    acme: Organization, owner: Client
) -> None:
    page, key = f"/o/{acme.slug}/developers/", {"name": "ERP", "scopes": ["read"]}

    asked = owner.post(page, key)
    before = acme.api_keys.count()
    made = owner.post(asked["Location"], {"password": make.PASSWORD, "next": page})

    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert (before, acme.api_keys.count()) == (0, 1)
    assert "enc_" in made.content.decode()
