"""The first run: a file, a scenario, the next 30 days, activation; nothing leaves before."""

from datetime import date
from http import HTTPStatus
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from common.tenancy import tenant_transaction
from dunning import planning, scenarios
from dunning.models import Hold, Message
from organizations import fan_out
from organizations.models import Organization, Role, TimelineEvent
from tests import make
from tests.make import AT, ON

pytestmark = pytest.mark.usefixtures("now")

CSV = (
    "Numéro;Client;Email;Émise le;Échéance;Total\n"
    "F-1;Dupont;compta@dupont.example;15/01/2026;04/02/2026;1 200,00\n"
    "F-2;Hélios;;16/10/2025;31/10/2025;300,00\n"
    "F-3;Lutèce;compta@lutece.example;;31/10/2025;300,00\n"
).encode()


@pytest.fixture
def acme(acme: Organization) -> Organization:
    """Acme as it is right after sign-up."""
    acme.activated_at = None
    acme.save()
    return acme


def upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("factures.csv", CSV)


def through(owner: Client, acme: Organization, **said: str) -> Any:
    """Go through all the steps; return the answer to the last."""
    start = f"/o/{acme.slug}/start/"
    owner.post(start, {"kind": "invoices", "file": upload()})
    owner.post(f"{start}scenario/", {"scenario": "Firm"})
    return owner.post(f"{start}activate/", said)


def test_each_step_shows_itself_by_what_is_there(acme: Organization, owner: Client) -> None:
    start = f"/o/{acme.slug}/start/"

    first = owner.get(start).content.decode()
    owner.post(start, {"kind": "invoices", "file": upload()})
    second = owner.get(start).content.decode()
    owner.post(f"{start}scenario/", {"scenario": "Firm"})
    third = owner.get(start).content.decode()

    assert "Qui vous doit quoi" in first
    assert "factures.csv · 2 factures, 1 ligne refusée" in second
    assert "Voir pourquoi" in second
    assert "1\u202f500,00\u00a0€" in second
    assert ("Doux" in second, "Sur quel ton relancer" in second) == (True, True)
    assert "Les 30 prochains jours" in third
    assert "1 client n’a pas de courriel" in third
    with tenant_transaction(acme.pk):
        assert scenarios.default(acme).name == "Firm"


def test_nothing_leaves_before_activation_and_the_first_round_is_the_one_shown(
    acme: Organization, owner: Client
) -> None:
    before = list(fan_out.rounds_due(at=AT.replace(hour=12)))

    answer = through(owner, acme)

    acme.refresh_from_db()
    assert before == []
    assert answer.status_code == HTTPStatus.FOUND
    assert acme.approval_until == date(2026, 2, 26)
    assert list(fan_out.rounds_due(at=AT.replace(hour=12))) == []  # today's hour is over
    monday = AT.replace(day=16, hour=9)
    assert list(fan_out.rounds_due(at=monday)) == [(acme.pk, date(2026, 2, 16))]
    with tenant_transaction(acme.pk):
        expected = [one.document() for one in planning.preview(acme, start=monday.date(), days=1)]
        done = planning.follow_up(acme, on=monday.date(), at=monday)
        assert [one.document() for one in done.contacts] == expected
        assert set(Message.objects.values_list("state", flat=True)) == {"awaiting_approval"}


def test_old_invoices_are_left_aside_for_a_month_if_wished(
    acme: Organization, owner: Client
) -> None:
    through(owner, acme, leave_old="yes")

    with tenant_transaction(acme.pk):
        hold = Hold.objects.select_related("invoice").get()
        assert hold.invoice is not None
        assert (hold.invoice.number, hold.until) == ("F-2", date(2026, 3, 15))
        kinds = set(TimelineEvent.objects.values_list("kind", flat=True))
        assert {"dunning.scenario_chosen", "organizations.followup_activated"} <= kinds


def test_activation_is_once_and_the_owners(acme: Organization, owner: Client) -> None:
    collector = Client()
    collector.force_login(make.member(acme, Role.COLLECTOR))
    through(owner, acme)

    again = owner.post(f"/o/{acme.slug}/start/activate/")

    assert again.status_code == HTTPStatus.CONFLICT
    assert collector.post(f"/o/{acme.slug}/start/activate/").status_code == HTTPStatus.FORBIDDEN


def test_where_mail_leaves_the_address_is_proven_first(
    acme: Organization, owner: Client, settings: Any
) -> None:
    settings.MAIL_STAYS_HERE = False

    through(owner, acme)

    acme.refresh_from_db()
    assert acme.activated_at is None


def test_a_scenario_is_not_exchanged_once_somebody_was_asked(
    acme: Organization, owner: Client
) -> None:
    through(owner, acme)
    with tenant_transaction(acme.pk):
        planning.follow_up(acme, on=date(2026, 2, 16), at=AT)

    refused = owner.post(f"/o/{acme.slug}/start/scenario/", {"scenario": "Gentle"})

    assert refused.status_code == HTTPStatus.CONFLICT


@pytest.mark.django_db(transaction=True)
def test_a_test_message_goes_to_the_one_who_asks_and_to_nobody_else(
    acme: Organization, owner: Client
) -> None:
    start = f"/o/{acme.slug}/start/"
    owner.post(start, {"kind": "invoices", "file": upload()})
    owner.post(f"{start}scenario/", {"scenario": "Standard"})

    owner.post(f"{start}test/")

    (sent,) = mail.outbox
    assert sent.to == [acme.memberships.get().user.email]
    assert "F-1" in sent.subject
    with tenant_transaction(acme.pk):
        assert not Message.objects.exists()


def test_a_message_to_come_is_read_before_it_is_written(acme: Organization, owner: Client) -> None:
    through(owner, acme)
    with tenant_transaction(acme.pk):
        (first, *_others) = planning.preview(acme, start=date(2026, 2, 16), days=30)
    place = f"/o/{acme.slug}/customers/{first.customer_id}/planned/"

    shown = owner.get(f"{place}?on={first.on}&channel={first.highest.step.channel}")
    absent = owner.get(f"{place}?on={ON}&channel=email")

    assert shown.status_code == HTTPStatus.OK
    assert "F-1" in shown.content.decode()
    assert "default-src 'none'" in shown["Content-Security-Policy"]
    assert absent.status_code == HTTPStatus.NOT_FOUND


def test_a_file_that_cannot_be_read_is_refused_and_the_step_stays(
    acme: Organization, owner: Client
) -> None:
    broken = SimpleUploadedFile("x.csv", b"nothing here")

    refused = owner.post(f"/o/{acme.slug}/start/", {"kind": "invoices", "file": broken})

    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
