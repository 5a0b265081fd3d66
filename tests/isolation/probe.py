"""Two organizations with one row of everything, and requests that leave nothing behind."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.db import models, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from common.tenancy import tenant_transaction
from dunning import scenarios
from dunning.models import (
    Call,
    CallAttempt,
    Hold,
    LocalMail,
    Message,
    OwnText,
    Reply,
    Scenario,
    ScenarioOverride,
    Step,
    Task,
)
from invoices.models import Contact, CreditNote, Customer, EInvoiceStatus, ImportedFile, Invoice
from organizations import api_keys, timeline
from organizations.models import (
    ApiKey,
    BankDetailsChange,
    Invitation,
    Membership,
    Organization,
    Role,
    Scope,
    TimelineEvent,
)
from payments.models import Allocation, Payment
from reconciliation.models import BankAccount, BankTransaction, Statement
from tests import make
from tests.isolation.routes import Route
from tests.isolation.rows import Rows

# Which row a parameter of an address names; `pk` is of the resource that the API's route is of.
OF_PARAMETER: dict[str, type[models.Model]] = {
    "account_id": BankAccount,
    "attempt_id": CallAttempt,
    "change_id": BankDetailsChange,
    "call_id": Call,
    "contact_id": Contact,
    "customer_id": Customer,
    "hold_id": Hold,
    "imported_id": ImportedFile,
    "invitation_id": Invitation,
    "invoice_id": Invoice,
    "key_id": ApiKey,
    "line_id": BankTransaction,
    "mail_id": LocalMail,
    "member_id": Membership,
    "message_id": Message,
    "note_id": CreditNote,
    "own_text_id": OwnText,
    "payment_id": Payment,
    "position": TimelineEvent,
    "task_id": Task,
    "reply_id": Reply,
    "scenario_id": Scenario,
    "step_id": Step,
}
OF_RESOURCE: dict[str, type[models.Model]] = {
    "allocation": Allocation,
    "api-key": ApiKey,
    "bank-account": BankAccount,
    "call": Call,
    "credit-note": CreditNote,
    "customer": Customer,
    "dispute": Hold,
    "einvoice-status": EInvoiceStatus,
    "hold": Hold,
    "invoice": Invoice,
    "letter": Message,
    "message": Message,
    "payment": Payment,
    "promise": Hold,
    "reply": Reply,
    "scenario-override": ScenarioOverride,
    "scenario": Scenario,
    "statement": Statement,
    "task": Task,
    "transaction": BankTransaction,
}
# Of the holds and messages, those that a narrower resource has.
NARROWER: dict[str, dict[str, Any]] = {
    "dispute": {"kind": Hold.Kind.DISPUTE, "review_on": make.ON},
    "promise": {
        "kind": Hold.Kind.PROMISE,
        "promised_minor": 1,
        "promised_on": make.ON,
        "currency": "EUR",
    },
    "letter": {"channel": "letter", "state": Message.State.QUEUED},
}
LETTER_PAGES = {"letter_pdf"}
# Two names that an address may carry besides ids: no row is found by them, one is written.
# A text of the library, which every organization has.
OF_THE_LIBRARY = {"name": "email-firm-firm"}
TEXTS = {"external_id": "external_id", "number": "number"}
PLACES = {"level"}  # numbers that name no row by themselves
FOREIGN = 123_456_789_000_000  # the ids of Other's rows begin here
NOWHERE = 987_654_321_098_765  # no row has this id

# What differs between two answers to the same question: normalised away, and nothing else.
_ONCE = [
    (re.compile(rb'(nonce[="-]+)[\w+/=-]+'), rb"\1NONCE"),
    (re.compile(rb'(name="csrfmiddlewaretoken" value=")\w+'), rb"\1TOKEN"),
    (re.compile(rb"(X-CSRFToken[^\w]+)\w{64}", re.IGNORECASE), rb"\1TOKEN"),
]
_PER_REQUEST = {"date", "set-cookie", "content-length"}  # the length follows from the body


@dataclass
class World:
    """Acme, Other, and whoever may come to a door."""

    acme: Organization
    other: Organization
    rows: dict[int, Rows]  # by the organization's id
    visitors: dict[str, Client] = field(default_factory=dict)

    def row(self, organization: Organization, model: type[models.Model], resource: str) -> Any:
        rows = self.rows[organization.pk]
        with tenant_transaction(organization.pk):
            if said := NARROWER.get(resource):
                made = rows.another(model, **said)  # type: ignore[arg-type]
                made.save(force_insert=True)
                return made
            return rows.one(model)

    def values(self, route: Route, whose: str) -> dict[str, Any]:
        """Return what fills a route's parameters: "own", "foreign" or "random" objects."""
        resource = next((one for one in OF_RESOURCE if route.name.startswith(f"{one}-")), "")
        if route.name in LETTER_PAGES:
            resource = "letter"
        organization = self.other if whose == "foreign" else self.acme
        values: dict[str, Any] = {}
        for name in route.parameters:
            if name == "slug":
                values[name] = self.acme.slug
            elif name in OF_THE_LIBRARY:
                values[name] = OF_THE_LIBRARY[name]
            elif whose == "random":
                values[name] = NOWHERE
            elif name in PLACES or (f"<int:{name}>" in route.path and name in TEXTS):
                values[name] = 1
            elif name in TEXTS:
                values[name] = getattr(self.row(organization, Invoice, ""), TEXTS[name])
            else:
                model = OF_RESOURCE[resource] if name == "pk" else OF_PARAMETER[name]
                row = self.row(organization, model, resource)
                values[name] = row.position if name == "position" else row.pk
        return values


def world(acme: Organization, other: Organization) -> World:
    """Give Other a longer memory, so that its last position is none of Acme's."""
    with tenant_transaction(other.pk):
        for _ in range(5):
            timeline.record("organizations.settings_changed", about={}, data={}, at=make.AT)
    rows = {
        acme.pk: Rows(acme, acme.name),
        other.pk: Rows(other, other.name, ids_from=FOREIGN),
    }
    for one in (acme, other):
        with tenant_transaction(one.pk):
            scenarios.default(one)  # is made when it is first looked at
            rows[one.pk].keep(TimelineEvent, TimelineEvent.objects.latest("position"))
    return World(acme, other, rows)


def visitor(world: World, who: str) -> Client:
    """Return the browser or program of someone, by name; the same one each time."""
    if who not in world.visitors:
        world.visitors[who] = _visitor(world, who)
    return world.visitors[who]


def _visitor(world: World, who: str) -> Client:
    client = Client()
    if who in Role.values:
        client.force_login(make.member(world.acme, Role(who)))
    elif who == "stranger":
        client.force_login(make.member(world.other, Role.OWNER))
    elif who.startswith("key:"):
        scopes = list(Scope) if who == "key:all" else [Scope(who.removeprefix("key:"))]
        client = _with_key(world.acme, scopes)
    elif who == "revoked key":
        client = _with_key(world.acme, list(Scope), revoked_at=timezone.now())
    return client


def _with_key(
    organization: Organization, scopes: list[Scope], *, revoked_at: datetime | None = None
) -> Client:
    key, text = api_keys.issue(organization, name="visitor", scopes=scopes)
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=revoked_at)
    return Client(headers={"Authorization": f"Bearer {text}"})


@contextmanager
def leaving_nothing() -> Iterator[None]:
    """Take back whatever was written meanwhile."""
    mark = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(mark)


def ask(client: Client, method: str, url: str, **said: Any) -> HttpResponse:
    """Send one request, and take back what it did, here and in the browser."""
    with leaving_nothing():
        if url.startswith("/api/") and method != "GET":
            said = {"content_type": "application/json", "data": "{}", **said}
        answer: HttpResponse = getattr(client, method.lower())(url, **said)
    client.cookies.pop("messages", None)
    return answer


def bare(answer: HttpResponse, url: str) -> tuple[int, list[tuple[str, bytes]], bytes]:
    """Return an answer byte for byte, but for what is each request's own and its own address."""
    headers = [
        (name.lower(), _plain(value.encode(), url))
        for name, value in answer.headers.items()
        if name.lower() not in _PER_REQUEST
    ]
    return answer.status_code, sorted(headers), _plain(answer.content, url)


def _plain(text: bytes, url: str) -> bytes:
    for pattern, put in _ONCE:
        text = pattern.sub(put, text)
    return text.replace(url.encode(), b"URL").replace(quote(url, safe="").encode(), b"URL")


def alike(client: Client, method: str, one: str, two: str, **said: Any) -> bool:
    """Return whether two addresses answer the same, byte for byte."""
    first, second = (bare(ask(client, method, url, **said), url) for url in (one, two))
    return first == second
