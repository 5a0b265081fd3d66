"""How the memory is shown: each event with its glyph, its sentence, what it is about and by whom.

An event's sentence is `templates/timeline/<app>/<event>.html`, which knows `event`; the names of
subjects and actors are read here, in a fixed number of queries whatever the number of events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from django import template
from django.template.loader import select_template
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from common.tenancy import SYSTEM
from invoices.models import Customer, Invoice
from organizations.models import ApiKey, TimelineEvent, User

register = template.Library()

# Glyph and tone of an event, by its kind, else by its app.
LOOKS: Mapping[str, tuple[str, str]] = {
    "dunning": ("send", "brand"),
    "dunning.call_written": ("phone", "brand"),
    "dunning.act_dropped": ("slash", ""),
    "dunning.call_cancelled": ("slash", ""),
    "dunning.call_done": ("phone", "brand"),
    "dunning.call_undone": ("undo", ""),
    "dunning.hold_placed": ("pause", "prom"),
    "dunning.hold_ended": ("right", ""),
    "dunning.hold_lapsed": ("right", ""),
    "dunning.limit_reached": ("pause", "warn"),
    "dunning.letter_posted": ("mail", "late"),
    "dunning.message_bounced": ("warn", "late"),
    "dunning.message_cancelled": ("slash", ""),
    "dunning.message_failed": ("warn", "late"),
    "dunning.message_unknown": ("help", "disp"),
    "dunning.promise_broken": ("warn", "late"),
    "dunning.promise_kept": ("check", "ok"),
    "dunning.scenario_archived": ("cog", ""),
    "dunning.scenario_brought_back": ("cog", ""),
    "dunning.scenario_chosen_by_hand": ("cog", ""),
    "dunning.scenario_created": ("cog", ""),
    "dunning.scenario_made_default": ("cog", ""),
    "dunning.scenario_rules_changed": ("cog", ""),
    "dunning.scenario_saved": ("cog", ""),
    "dunning.thanks_sent": ("send", "ok"),
    "integrations": ("match", ""),
    "invoices": ("file", ""),
    "invoices.contact_failed": ("warn", "warn"),
    "invoices.credit_set_off": ("half", "ok"),
    "invoices.customer_recorded": ("users", ""),
    "invoices.customer_updated": ("users", ""),
    "invoices.file_imported": ("up", "brand"),
    "invoices.invoice_settled_elsewhere": ("check", "ok"),
    "invoices.written_off": ("slash", ""),
    "organizations": ("cog", ""),
    "payments": ("coins", "ok"),
    "payments.payment_undone": ("undo", "warn"),
    "reconciliation": ("match", "ok"),
    "reconciliation.transaction_unmatched": ("undo", "warn"),
}
PLAIN = ("note", "")


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a timeline."""

    at: datetime
    glyph: str
    text: str
    tone: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """What events' subjects and actors are called."""

    customers: Mapping[int, str]
    invoices: Mapping[int, str]
    actors: Mapping[str, str]

    def about(self, event: TimelineEvent, *, page: str) -> str:
        """Return what an event is about, but for what the page is about anyway, and by whom."""
        shown = [
            self.invoices.get(event.invoice_id or 0, "") if page != "invoice" else "",
            self.customers.get(event.customer_id or 0, "") if not page else "",
            self.actors.get(person, "") if (person := _person(event)) != event.actor else "",
            self.actors.get(event.actor, ""),
        ]
        return " · ".join(part for part in shown if part)


@register.inclusion_tag("components/timeline.html")
def timeline(events: Sequence[TimelineEvent], page: str = "") -> dict[str, Any]:
    """Draw events, newest first.

    Args:
        page: "customer" or "invoice" on the page of one, which needs not be named then.
    """
    names = _names(events)
    return {"items": [_item(event, names, page=page) for event in events]}


@dataclass(frozen=True, slots=True)
class Described:
    """An event in words, with what its subjects and its actor are called."""

    event: TimelineEvent
    text: SafeString
    customer: str
    invoice: str
    actor: str

    @property
    def plain(self) -> str:
        """Return the sentence as a file has it, without markup."""
        return " ".join(unescape(strip_tags(self.text)).split())

    @property
    def seal(self) -> str:
        """Return as much of the seal as tells two events apart at a glance."""
        return self.event.seal[:8]


def described(events: Sequence[TimelineEvent]) -> list[Described]:
    """Put events into words, in a fixed number of queries whatever their number."""
    names = _names(events)
    return [
        Described(
            event=event,
            text=sentence(event),
            customer=names.customers.get(event.customer_id or 0, ""),
            invoice=names.invoices.get(event.invoice_id or 0, ""),
            actor=names.actors.get(event.actor, event.actor),
        )
        for event in events
    ]


def _item(event: TimelineEvent, names: Names, *, page: str) -> Item:
    app = event.kind.partition(".")[0]
    glyph, tone = LOOKS.get(event.kind) or LOOKS.get(app, PLAIN)
    return Item(
        at=event.at,
        glyph=glyph,
        tone=tone,
        text=sentence(event),
        detail=names.about(event, page=page),
    )


def sentence(event: TimelineEvent) -> SafeString:
    """Return what happened, in the reader's language."""
    own = f"timeline/{event.kind.replace('.', '/')}.html"
    said: str = select_template([own, "timeline/other.html"]).render({"event": event})
    return mark_safe(said.strip())  # noqa: S308  # what a template has escaped


def _names(events: Sequence[TimelineEvent]) -> Names:
    customer_ids = {event.customer_id for event in events if event.customer_id}
    invoice_ids = {event.invoice_id for event in events if event.invoice_id}
    customers = Customer.objects.filter(pk__in=customer_ids).values_list("pk", "name")
    invoices = Invoice.objects.filter(pk__in=invoice_ids).values_list("pk", "number")
    people = {event.actor for event in events} | {_person(event) for event in events}
    return Names(dict(customers), dict(invoices), actor_names(people))


def _person(event: TimelineEvent) -> str:
    """Return the member whom an event is about, as the actor that he is; "" for none."""
    user_id = event.about.get("user")
    return "" if user_id is None else f"user:{user_id}"


def actor_names(actors: set[str]) -> dict[str, str]:
    """Return the names of those who act: a person's, a key's with the API's, or ours."""
    keys = {kind: _ids(actors, kind) for kind in ("user", "key")}
    named = {SYSTEM: _("automatic")}
    for user in User.objects.filter(pk__in=keys["user"]):
        named[f"user:{user.pk}"] = str(user)
    for key in ApiKey.objects.filter(pk__in=keys["key"]):
        named[f"key:{key.pk}"] = f"API · {key.name}"
    return named


def _ids(actors: set[str], kind: str) -> list[int]:
    parts = (actor.partition(":") for actor in actors)
    return [int(number) for head, _colon, number in parts if head == kind and number.isdecimal()]
