"""From whom email leaves, and what becomes of it when a domain no longer holds."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import time_machine
from django.test import Client

from common.tenancy import tenant_transaction
from config.schedule import SCHEDULE
from dunning import delivery, mail_news, planning, sending, tasks
from dunning.channels.domain_records import Finding, State, Unanswered
from dunning.models import LocalMail, SendingIdentity
from organizations.models import Organization, TimelineEvent
from tests import make
from tests.make import AT, ON

ADDRESS = "compta@acme.fr"
KEY = f"v=DKIM1; k=rsa; p={base64.b64encode(b'k' * 294).decode()}"


class Zone:
    """What the world publishes in a test; `silent` is when nobody answers."""

    records: ClassVar[dict[str, list[str]]] = {}
    is_silent: ClassVar[bool] = False

    def texts(self, name: str) -> list[str]:
        if self.is_silent:
            raise Unanswered(name)
        return self.records.get(name, [])

    def aliases(self, name: str) -> list[str]:
        return self.texts(f"alias {name}")


@pytest.fixture(autouse=True)
def zone(settings: Any) -> Iterator[type[Zone]]:
    settings.MAIL_RESOLVER = "tests.dunning.test_sending.Zone"
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
    Zone.records, Zone.is_silent = {}, False
    yield Zone
    Zone.records, Zone.is_silent = {}, False


def publish(organization: Organization, domain: str = "acme.fr") -> None:
    """Publish all that the page asks for, and what lies behind it."""
    for record in sending.to_publish(
        SendingIdentity(organization=organization, address=f"x@{domain}")
    ):
        name = f"alias {record.name}" if record.kind == "CNAME" else record.name
        Zone.records[name] = [record.value]
    Zone.records["spf.encours.example"] = ["v=spf1 ip4:192.0.2.1 -all"]
    Zone.records[f"encours._domainkey.{domain}"] = [KEY]
    Zone.records["encours._domainkey.encours.example"] = [KEY]


def choose(organization: Organization, address: str = ADDRESS) -> None:
    with tenant_transaction(organization.pk):
        sending.choose(organization, address, at=AT)


def look(organization: Organization, **later: int) -> None:
    with tenant_transaction(organization.pk):
        domain = sending.identity(organization).domain
        found = sending.examine(organization.pk, domain)
        sending.note(domain, found, at=AT + timedelta(**later))


def sender(organization: Organization) -> str:
    with tenant_transaction(organization.pk):
        return sending.sender_of(organization).address


def kinds(organization: Organization) -> list[str]:
    with tenant_transaction(organization.pk):
        found = TimelineEvent.objects.filter(kind__startswith="dunning.sending")
        return [kind.partition(".")[2] for kind in found.values_list("kind", flat=True)]


def test_the_house_sends_until_the_domain_is_verified(acme: Organization) -> None:
    choose(acme)
    assert sender(acme) == ""

    look(acme)
    assert sender(acme) == ""

    publish(acme)
    look(acme)
    assert sender(acme) == ADDRESS
    assert kinds(acme) == ["sending_changed", "sending_domain_verified"]


def test_a_reminder_leaves_from_the_verified_address(acme: Organization) -> None:
    publish(acme)
    choose(acme)
    look(acme)
    with tenant_transaction(acme.pk):
        make.invoice(acme)
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids

    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)

    with tenant_transaction(acme.pk):
        assert LocalMail.objects.get().sender == f"Acme <{ADDRESS}>"


def test_one_organization_can_not_send_in_the_name_of_another(
    acme: Organization, other: Organization
) -> None:
    publish(acme)
    choose(other)

    look(other)

    assert sender(other) == ""
    with tenant_transaction(other.pk):
        owner = sending.findings_of(sending.identity(other))[0]
    assert (owner.record, owner.code) == ("owner", "other_owner")


def test_another_domain_has_to_be_verified_anew_and_another_name_in_it_not(
    acme: Organization,
) -> None:
    publish(acme)
    choose(acme)
    look(acme)

    choose(acme, "relances@ACME.fr")
    assert sender(acme) == "relances@acme.fr"

    choose(acme, "compta@other.fr")
    assert sender(acme) == ""


@pytest.mark.parametrize(
    "address", ["x@gmail.com", "x@encours.example", "é@acme.fr", f"x@{'a' * 64}.fr"]
)
def test_a_domain_that_nobody_there_can_publish_in_is_refused(
    acme: Organization, address: str
) -> None:
    with pytest.raises(sending.NotADomainOfYours):
        choose(acme, address)
    with tenant_transaction(acme.pk):
        assert not SendingIdentity.objects.exists()


def test_a_domain_in_other_letters_is_looked_at_as_the_name_servers_know_it(
    acme: Organization,
) -> None:
    choose(acme, "compta@société.fr")

    with tenant_transaction(acme.pk):
        assert sending.identity(acme).address == "compta@xn--socit-esab.fr"


def test_a_verified_domain_that_breaks_is_used_no_more_and_the_owners_are_told_once(
    acme: Organization,
) -> None:
    publish(acme)
    choose(acme)
    look(acme)
    Zone.records["acme.fr"] = []

    look(acme, days=1)
    look(acme, days=2)

    assert sender(acme) == ""
    assert kinds(acme)[-1] == "sending_domain_failing"
    with tenant_transaction(acme.pk):
        assert sending.identity(acme).failing_since == AT + timedelta(days=1)
        count, letters = mail_news.letters(acme)
    (letter,) = letters
    assert count == 1
    assert letter.to == [acme.memberships.get().user.email]
    assert "acme.fr" in letter.subject


def test_a_domain_that_is_right_again_is_used_again(acme: Organization) -> None:
    publish(acme)
    choose(acme)
    look(acme)
    record = Zone.records.pop("acme.fr")
    look(acme, days=1)
    Zone.records["acme.fr"] = record

    look(acme, days=2)

    assert sender(acme) == ADDRESS


def test_that_nobody_answers_changes_nothing(acme: Organization) -> None:
    publish(acme)
    choose(acme)
    look(acme)
    Zone.is_silent = True

    look(acme, days=1)

    assert sender(acme) == ADDRESS
    with tenant_transaction(acme.pk):
        assert sending.identity(acme).untold == []


def test_what_was_found_of_a_domain_that_was_changed_meanwhile_is_dropped(
    acme: Organization,
) -> None:
    choose(acme, "x@other.fr")
    right = [Finding(name, State.VALID, "ok") for name in ("owner", "spf", "dkim", "dmarc")]

    with tenant_transaction(acme.pk):
        sending.note("acme.fr", right, at=AT)

    assert sender(acme) == ""


def test_the_clock_looks_at_each_domain_once_a_day_and_tells_what_broke(
    acme: Organization, other: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(acme)
    choose(acme)
    look(acme)
    Zone.records["acme.fr"] = ["v=spf1 -all", "v=spf1 mx -all"]
    job = SCHEDULE["sending-domains"]
    worker = tasks.look_at_sending_domain
    monkeypatch.setattr(worker, "delay", worker.run)

    for hours in (22, 24, 25):
        with time_machine.travel(AT + timedelta(hours=hours), tick=False):
            tasks.look_at_sending_domains(**job["kwargs"])

    assert job["task"] == "dunning.tasks.look_at_sending_domains"
    assert kinds(acme).count("sending_domain_failing") == 1
    with tenant_transaction(acme.pk):
        chosen = sending.identity(acme)
        assert chosen.checked_at == AT + timedelta(hours=24)
        assert chosen.untold == []
        assert LocalMail.objects.filter(subject__contains="acme.fr").count() == 1
    with tenant_transaction(other.pk):
        assert not LocalMail.objects.exists()


# The page.

PAGE = "/o/acme/settings/sending/"


def test_the_page_shows_what_to_publish_and_what_was_found(
    owner: Client, acme: Organization
) -> None:
    publish(acme)
    Zone.records["_dmarc.acme.fr"] = ["v=DMARC1; p=none"]
    owner.post(PAGE, {"address": ADDRESS})
    before = owner.get(PAGE).content.decode()
    answer = owner.post(f"{PAGE}check/", follow=True).content.decode()

    for record in sending.to_publish(SendingIdentity(organization=acme, address=ADDRESS)):
        assert f'data-copy="{record.value}"' in before
        assert f'data-copy="{record.name}"' in before
    assert "p=quarantine" in answer
    assert "v=DMARC1; p=none" in answer
    assert f"Les e-mails partent de {ADDRESS}" in answer


def test_a_refused_address_is_said_at_its_field(owner: Client, acme: Organization) -> None:
    answer = owner.post(PAGE, {"address": "x@gmail.com"})

    assert answer.status_code == 422
    assert "gmail.com" in answer.content.decode()
    with tenant_transaction(acme.pk):
        assert sending.identity(acme).address == ""


def test_a_name_with_a_header_in_it_is_refused(owner: Client, acme: Organization) -> None:
    answer = owner.post(PAGE, {"address": "x@acme.fr\r\nBcc: y@acme.fr"})

    assert answer.status_code == 422
    with tenant_transaction(acme.pk):
        assert sending.identity(acme).address == ""


def test_the_page_asks_a_fixed_number_of_queries(
    owner: Client, acme: Organization, django_assert_max_num_queries: Any
) -> None:
    owner.post(PAGE, {"address": ADDRESS})
    owner.get(PAGE)

    with django_assert_max_num_queries(32):
        owner.get(PAGE)
