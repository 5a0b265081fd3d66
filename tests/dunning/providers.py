"""Stand-ins of providers for the tests, and what is sent through them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from common.tenancy import tenant_transaction
from dunning import delivery, planning, posting
from dunning.channels.accounts import Account
from dunning.channels.standins import mysendingbox, twilio
from dunning.channels.standins.server import Call, StandIn, serving
from dunning.models import Message, Scenario, Step
from invoices.models import Contact
from organizations.models import Organization
from tests import make

AT = datetime(2026, 2, 13, 9, tzinfo=UTC)  # a Friday; ten in the morning in Paris
ON = AT.date()
MOBILE = "+33612345678"
BASE = "https://encours.example"


def sms_account(stand_in: StandIn, **other: Any) -> Account:
    account = Account(
        provider="twilio",
        url=stand_in.url,
        name="AC0123",
        secret="auth-token",
        sender="+33700000000",
        webhook_url=f"{BASE}/webhooks/sms/",
        patience_seconds=0.3,
    )
    return replace(account, **other)


def letter_account(stand_in: StandIn, **other: Any) -> Account:
    account = Account(
        provider="mysendingbox",
        url=stand_in.url,
        secret="key",
        webhook_secret="encours:secret",
        webhook_url=f"{BASE}/webhooks/letters/",
        patience_seconds=0.3,
    )
    return replace(account, **other)


@contextmanager
def phones(settings: Any, **other: Any) -> Iterator[StandIn]:
    """Let SMS go to a stand-in for Twilio."""
    with serving(twilio.stand_in()) as stand_in:
        settings.SMS_ACCOUNT = sms_account(stand_in, **other)
        yield stand_in


@contextmanager
def post(settings: Any, **other: Any) -> Iterator[StandIn]:
    """Let registered letters go to a stand-in for MySendingBox."""
    with serving(mysendingbox.stand_in()) as stand_in:
        settings.REGISTERED_LETTER_ACCOUNT = letter_account(stand_in, **other)
        yield stand_in


def by_sms(organization: Organization) -> None:
    """Let the first step be an SMS, on the seventh day after the due date."""
    scenario = Scenario.objects.create(organization=organization, name="SMS", is_default=True)
    steps = [(20, 7, "sms", "courteous"), (30, 10, "call", "courteous")]
    for level, offset_days, channel, tone in steps:
        Step.objects.create(
            organization=organization,
            scenario=scenario,
            level=level,
            offset_days=offset_days,
            channel=channel,
            tone=tone,
            kind="courteous",
        )


def an_sms(organization: Organization, *, phone: str = "06 12 34 56 78") -> Message:
    """Write an SMS to a customer who is late."""
    with tenant_transaction(organization.pk):
        by_sms(organization)
        customer = make.a_customer(organization, phone=phone)
        make.invoice(organization, customer=customer, number="F-1")
        (message_id,) = planning.follow_up(organization, on=ON, at=AT).message_ids
        return Message.objects.get(pk=message_id)


def a_letter(organization: Organization) -> Message:
    """Write a formal notice by registered letter."""
    with tenant_transaction(organization.pk):
        scenario = Scenario.objects.create(organization=organization, name="Post", is_default=True)
        for level, days, channel, kind in (
            (20, 1, "email", "courteous"),
            (50, 7, "registered_letter", "formal_notice"),
        ):
            Step.objects.create(
                organization=organization,
                scenario=scenario,
                level=level,
                offset_days=days,
                channel=channel,
                tone="formal",
                kind=kind,
            )
        organization.address, organization.postcode, organization.city = (
            "1 quai des Brumes", "76600", "Le Havre",
        )  # fmt: skip
        organization.save()
        customer = make.a_customer(organization)
        make.invoice(organization, customer=customer, number="F-1")
        planning.follow_up(organization, on=make.ON.replace(day=5), at=AT.replace(day=5))
        planning.follow_up(organization, on=ON, at=AT)
        Contact.objects.update(email_failed_at=AT)  # so that no copy has to be drawn
        return Message.objects.get(channel="registered_letter")


def handed_over(organization: Organization) -> Message:
    """Write a formal notice, and leave it to the provider."""
    letter = a_letter(organization)
    with tenant_transaction(organization.pk):
        posting.hand_over([letter], at=AT)
    return letter


def deliver(message: Message, *, at: datetime = AT) -> Message:
    delivery.deliver(message.pk, organization_id=message.organization_id, clock=lambda: at)
    return again(message)


def again(message: Message) -> Message:
    with tenant_transaction(message.organization_id):
        found: Message = Message.objects.select_related("customer", "contact").get(pk=message.pk)
        return found


def tell(client: Client, call: Call) -> int:
    """Let a provider call one of our addresses; return the status it is answered."""
    answer = client.post(
        call.path.removeprefix(BASE),
        call.body,
        content_type=call.headers["content-type"],
        headers={name: value for name, value in call.headers.items() if name != "content-type"},
    )
    return int(answer.status_code)
