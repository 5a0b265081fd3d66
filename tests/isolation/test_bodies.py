"""Ids in a body or a query: another organization's is as unknown as one that never was."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.urls import reverse
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import BaseSerializer, ListField, ListSerializer, Serializer

from common.api import KeyField, StrictSerializer
from common.tenancy import TenantModel, tenant_transaction
from dunning.models import Call, Message, Scenario
from invoices.models import Contact, CreditNote, Customer, Invoice
from organizations.models import Organization, Role, TimelineHead
from reconciliation.models import BankTransaction
from tests.covered import Count
from tests.isolation import probe
from tests.isolation.routes import every_route

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

MODELS = [model for model in apps.get_models() if issubclass(model, TenantModel)]
MONEY = {"amount": "0.01", "currency": "EUR"}
DAY = "2026-02-20"

RULE = {
    "form-TOTAL_FORMS": "1",
    "form-INITIAL_FORMS": "0",
    "form-0-place": "1",
    "form-0-segment": "a",
    "form-0-scenario": "ID",
    "do": "save",
}

# Method, route, the row in its address, the model of the id, and what is said with the id as "ID".
Case = tuple[str, str, type[models.Model] | None, type[models.Model], dict[str, Any]]
PAGES: list[Case] = [
    ("POST", "match_line", BankTransaction, Invoice, {"invoice": "ID"}),
    ("POST", "match_line", BankTransaction, Customer, {"customer": "ID"}),
    ("GET", "bank", None, BankTransaction, {"line": "ID"}),
    ("GET", "bank", None, Invoice, {"invoice": "ID", "picked": "1"}),
    ("GET", "bank", None, BankTransaction, {"undo": "ID"}),
    ("POST", "set_off", CreditNote, Invoice, {"invoice": "ID", "amount": "0,01"}),
    (
        "POST",
        "call_outcome",
        Call,
        Invoice,
        {"outcome": "promise", "amount": "0,01", "promised_on": DAY, "invoice": "ID"},
    ),
    (
        "POST",
        "call_outcome",
        Call,
        Contact,
        {"outcome": "call_back", "back_on": DAY, "back_at": "10:00", "back_to": "ID"},
    ),
    ("POST", "letters_posted", None, Message, {"letter": "ID", "posted_on": "2026-02-12"}),
    ("POST", "letters_handed_over", None, Message, {"letter": "ID"}),
    ("POST", "print_letters", None, Message, {"letter": "ID"}),
    ("GET", "record_payment", None, Invoice, {"invoice": "ID"}),
    ("GET", "record_payment", None, Customer, {"customer": "ID"}),
    ("POST", "archive_scenario", Scenario, Scenario, {"heir": "ID"}),
    ("POST", "choose_for_customer", Customer, Scenario, {"scenario": "ID"}),
    ("POST", "choose_for_invoice", Invoice, Scenario, {"scenario": "ID"}),
    ("POST", "new_scenario", None, Scenario, {"name": "New", "base": "ID"}),
    ("POST", "scenario_rules", None, Scenario, RULE),
]
PAYMENT = {"amount": MONEY, "received_on": "2026-02-12"}
INVOICE = {"number": "N-1", "issued_on": "2026-02-01", "due_on": DAY, "total": MONEY}
TASK = {"reason": "Look", "due_on": DAY}
PARTS = [{"invoice": "ID", "amount": MONEY}]
CALLS: list[Case] = [
    ("POST", "invoice-list", None, Customer, {**INVOICE, "customer": "ID"}),
    ("PUT", "invoice-by-number", None, Customer, {**INVOICE, "customer": "ID"}),
    ("PUT", "invoice-by-external-id", None, Customer, {**INVOICE, "customer": "ID"}),
    (
        "POST",
        "credit-note-list",
        None,
        Customer,
        {"number": "N", "customer": "ID", "issued_on": DAY, "total": MONEY},
    ),
    ("POST", "credit-note-set-off", CreditNote, Invoice, {"invoice": "ID", "amount": MONEY}),
    ("POST", "hold-list", None, Customer, {"customer": "ID", "until": DAY}),
    ("POST", "hold-list", None, Invoice, {"invoice": "ID", "until": DAY}),
    (
        "POST",
        "promise-list",
        None,
        Invoice,
        {"invoice": "ID", "amount": MONEY, "promised_on": DAY},
    ),
    ("POST", "dispute-list", None, Invoice, {"invoice": "ID", "ground": "price"}),
    ("POST", "task-list", None, Customer, {**TASK, "customer": "ID"}),
    ("POST", "task-list", None, Invoice, {**TASK, "invoice": "ID"}),
    ("POST", "payment-list", None, Customer, {**PAYMENT, "customer": "ID"}),
    ("POST", "payment-list", None, Invoice, {**PAYMENT, "customer": "OWN", "allocations": PARTS}),
    ("POST", "transaction-match", BankTransaction, Invoice, {"allocations": PARTS}),
    ("POST", "transaction-match", BankTransaction, Customer, {"customer": "ID"}),
    ("POST", "call-outcome", Call, Invoice, {"outcome": "promise", "invoices": ["ID"]}),
    ("POST", "call-outcome", Call, Contact, {"outcome": "call_back", "contact": "ID"}),
    ("POST", "scenario-list", None, Scenario, {"name": "New", "copy_of": "ID"}),
    ("POST", "scenario-archive", Scenario, Scenario, {"heir": "ID"}),
    ("PUT", "scenario-rules", None, Scenario, {"rules": [{"segment": "a", "scenario": "ID"}]}),
    ("POST", "scenario-override-list", None, Customer, {"customer": "ID", "scenario": None}),
    ("POST", "scenario-override-list", None, Invoice, {"invoice": "ID", "scenario": None}),
    ("POST", "scenario-override-list", None, Scenario, {"customer": "OWN", "scenario": "ID"}),
    ("GET", "invoice-list", None, Customer, {"customer": "ID"}),
    ("GET", "payment-list", None, Customer, {"customer": "ID"}),
    ("GET", "allocation-list", None, Invoice, {"invoice": "ID"}),
]
NAMES = {"number": "N-1", "external_id": "E-1"}
ROUTES = {route.name: route for route in every_route()}


def named(value: Any, key: int, own: int) -> Any:
    """Put an id where a body says "ID", and Acme's customer where it says "OWN"."""
    match value:
        case dict():
            return {name: named(one, key, own) for name, one in value.items()}
        case list():
            return [named(one, key, own) for one in value]
        case "ID":
            return str(key)
        case "OWN":
            return str(own)
        case _:
            return value


def state_of(organization: Organization) -> dict[str, Any]:
    with tenant_transaction(organization.pk):
        counts: dict[str, Any] = {model._meta.label: model.objects.count() for model in MODELS}
        counts["head"] = TimelineHead.objects.values("position", "seal").get()
    return counts


@pytest.mark.parametrize(
    "case", PAGES + CALLS, ids=[f"{case[1]}-{case[3].__name__}" for case in PAGES + CALLS]
)
def test_an_id_of_another_organization_in_a_body_is_an_unknown_one(
    case: Case, acme: Organization, other: Organization, covered: Count
) -> None:
    method, name, at, model, said = case
    world, route = probe.world(acme, other), ROUTES[case[1]]
    client = probe.visitor(world, "key:all" if route.is_api else Role.OWNER)
    address: dict[str, Any] = {one: NAMES[one] for one in route.parameters if one in NAMES}
    if "slug" in route.parameters:
        address["slug"] = acme.slug
    if at is not None:
        key = next(one for one in route.parameters if one != "slug" and one not in NAMES)
        address[key] = world.row(acme, at, "").pk
    own = world.row(acme, Customer, "").pk
    resource = "letter" if name.startswith("letters") else ""
    foreign = world.row(other, model, resource).pk
    before = state_of(acme), state_of(other)

    answers, states = [], []
    for sought in (foreign, probe.NOWHERE):
        body = named(said, sought, own)
        with probe.leaving_nothing():
            sent = {"content_type": "application/json"} if route.is_api and method != "GET" else {}
            answer = getattr(client, method.lower())(reverse(name, kwargs=address), body, **sent)
            states.append((state_of(acme), state_of(other)))
        status, headers, text = probe.bare(answer, "no address")
        answers.append((status, headers, text.replace(str(sought).encode(), b"ID")))
        client.cookies.pop("messages", None)

    assert answers[0] == answers[1]
    assert answers[0][0] < 500
    assert states[0] == states[1] == before
    covered("bodies and queries with another organization's id", 1)


def key_fields(serializer: object, path: str) -> Iterator[tuple[str, KeyField]]:
    """Yield each id that a serializer takes, however deep it lies, with the way to it."""
    if isinstance(serializer, KeyField):
        yield path, serializer
    elif isinstance(serializer, ListField | ListSerializer):
        yield from key_fields(serializer.child, path)
    elif isinstance(serializer, Serializer):
        for name, field in serializer.fields.items():
            yield from key_fields(field, f"{path}.{name}")


def every_serializer(base: type[BaseSerializer[Any]]) -> Iterator[type[BaseSerializer[Any]]]:
    for one in base.__subclasses__():
        if getattr(getattr(one, "Meta", None), "model", None) or not _is_of_models(one):
            yield one
        yield from every_serializer(one)


def _is_of_models(serializer: type[BaseSerializer[Any]]) -> bool:
    return any(base.__name__ == "ModelSerializer" for base in serializer.__mro__)


def test_each_id_that_a_serializer_takes_is_of_the_open_organization(
    acme: Organization, other: Organization, covered: Count
) -> None:
    world = probe.world(acme, other)
    serializers = {
        one for one in every_serializer(StrictSerializer) if not one.__module__.startswith("tests")
    }
    fields = dict(found for one in serializers for found in key_fields(one(), one.__name__))

    telling = []
    for path, field in fields.items():
        foreign = world.row(other, field.model, "").pk
        with tenant_transaction(acme.pk):
            errors = []
            for key in (foreign, probe.NOWHERE):
                with pytest.raises(ValidationError) as refusal:
                    field.run_validation(str(key))
                errors.append(refusal.value.get_full_details())
        if errors[0] != errors[1]:
            telling.append(path)

    assert telling == []
    assert len(fields) > 10
    covered("ids that serializers take", len(fields))
