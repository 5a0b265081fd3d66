"""Scenarios over the API: what programs read, write, and are refused."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.tenancy import tenant_transaction
from dunning import assigning, editing, scenarios, standard
from dunning.models import Scenario
from organizations.models import Organization
from tests import make
from tests.make import AT

pytestmark = pytest.mark.usefixtures("now")
ROOT = "/api/v1"
STEP = {"offset_days": 22, "channel": "email", "tone": "firm", "kind": "last"}


def send(api: Client, method: str, address: str, said: dict[str, Any]) -> Any:
    answer = getattr(api, method)(f"{ROOT}/{address}", said, content_type="application/json")
    return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
def key(acme: Organization) -> str:
    """The Standard scenario's id."""
    with tenant_transaction(acme.pk):
        return str(scenarios.default(acme).pk)


def test_a_scenario_is_a_copy_of_a_ready_made_one_of_another_or_its_own_steps(
    api: Client, key: str
) -> None:
    ready = send(api, "post", "scenarios/", {"name": "Mairies", "ready_made": "Public buyer"})
    copied = send(api, "post", "scenarios/", {"name": "Copie", "copy_of": key})
    own = send(api, "post", "scenarios/", {"name": "Court", "steps": [STEP]})

    assert [code for code, _body in (ready, copied, own)] == [201, 201, 201]
    assert [step["level"] for step in ready[1]["steps"]] == [10, 20, 30, 40, 45, 50, 900]
    assert [step["level"] for step in copied[1]["steps"]] == [10, 20, 30, 40, 50, 900]
    assert [step["level"] for step in own[1]["steps"]] == [45]
    assert (ready[1]["version"], ready[1]["is_default"]) == (1, False)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"name": "A"}, 400),
        ({"name": "A", "ready_made": "Firm", "steps": [STEP]}, 400),
        ({"name": "A", "ready_made": "Rude"}, 400),
        ({"name": "A", "steps": []}, 409),
        ({"name": "A", "steps": [{**STEP, "level": 45}]}, 400),
        ({"name": "A", "steps": [{**STEP, "offset_days": "x"}]}, 400),
        ({"name": "A", "steps": [{**STEP, "offset_days": 999}]}, 400),
        ({"name": "A", "steps": [{**STEP, "colour": "red"}]}, 400),
        ({"name": "A", "steps": [{**STEP, "least": {"amount": "5", "currency": "USD"}}]}, 400),
        ({"name": "A", "steps": [{**STEP, "tone": "formal"}]}, 409),
        ({"name": "Standard", "ready_made": "Firm"}, 409),
    ],
)
def test_a_scenario_that_cannot_be_meant_is_refused(
    api: Client, acme: Organization, key: str, said: dict[str, Any], code: int
) -> None:
    assert send(api, "post", "scenarios/", said)[0] == code

    with tenant_transaction(acme.pk):
        assert [str(pk) for pk in Scenario.objects.values_list("pk", flat=True)] == [key]


def test_a_step_is_added_changed_and_taken_out_each_a_version(api: Client, key: str) -> None:
    least = {"amount": "500.00", "currency": "EUR"}
    code, made = send(api, "post", f"scenarios/{key}/steps/", {**STEP, "least": least})
    assert (code, made["level"], made["least"]) == (HTTPStatus.CREATED, 45, least)

    address = f"scenarios/{key}/steps/{made['id']}/"
    code, changed = send(api, "patch", address, {"offset_days": 24, "version": 2})
    assert (code, changed["level"], changed["offset_days"]) == (HTTPStatus.OK, 45, 24)
    assert changed["least"] == least
    stale, problem = send(api, "patch", address, {"offset_days": 25, "version": 2})
    assert (stale, problem["code"]) == (HTTPStatus.CONFLICT, "changed_meanwhile")

    assert send(api, "delete", address, {})[0] == HTTPStatus.NO_CONTENT
    assert api.get(f"{ROOT}/{address}").status_code == HTTPStatus.NOT_FOUND
    versions = api.get(f"{ROOT}/scenarios/{key}/versions/").json()
    assert [version["number"] for version in versions] == [4, 3, 2, 1]

    code, restored = send(api, "post", f"scenarios/{key}/restore/", {"number": 2, "version": 4})
    assert (code, restored["version"]) == (HTTPStatus.OK, 5)
    assert 45 in [step["level"] for step in restored["steps"]]


def test_all_steps_are_written_at_once_by_who_says_what_was_read(api: Client, key: str) -> None:
    steps = api.get(f"{ROOT}/scenarios/{key}/steps/").json()
    kept = [{n: v for n, v in one.items() if n != "id"} for one in steps if one["level"] != 30]

    blind = send(api, "patch", f"scenarios/{key}/", {"steps": kept})
    code, saved = send(api, "patch", f"scenarios/{key}/", {"steps": kept, "version": 1})

    assert blind[0] == HTTPStatus.BAD_REQUEST
    assert (code, saved["version"]) == (HTTPStatus.OK, 2)
    assert [step["level"] for step in saved["steps"]] == [10, 20, 40, 50, 900]


def test_the_difference_is_told_and_nothing_is_written(
    api: Client, acme: Organization, key: str
) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={"2026-02-13": 120_000})

    code, told = send(api, "post", f"scenarios/{key}/difference/", {"steps": [STEP]})

    assert code == HTTPStatus.OK
    assert (told["invoices"], told["twice"]) == (1, 0)
    assert (told["added"], told["taken"]) == (1, 2)
    assert len(api.get(f"{ROOT}/scenarios/{key}/steps/").json()) == 6


def test_rules_are_tried_and_written_in_their_order(
    api: Client, acme: Organization, key: str
) -> None:
    _code, firm = send(api, "post", "scenarios/", {"name": "Pressing", "ready_made": "Firm"})
    with tenant_transaction(acme.pk):
        make.invoice(acme)
    owed = {"amount": "1000.00", "currency": "EUR"}
    said = {"rules": [{"owed": owed, "scenario": firm["id"]}, {"segment": "a", "scenario": key}]}

    assert send(api, "post", "scenario-rules/try/", said) == (HTTPStatus.OK, {"customers": 1})
    code, written = send(api, "put", "scenario-rules/", said)

    assert code == HTTPStatus.OK
    assert [(rule["owed"], rule["segment"]) for rule in written["rules"]] == [
        (owed, ""),
        (None, "a"),
    ]
    (invoice,) = api.get(f"{ROOT}/invoices/").json()["results"]
    assert invoice["scenario"] == firm["id"]
    empty = send(api, "put", "scenario-rules/", {"rules": [{"scenario": key}]})
    assert (empty[0], empty[1]["code"]) == (HTTPStatus.CONFLICT, "empty_rule")


def test_a_choice_is_made_and_taken_back(api: Client, acme: Organization, key: str) -> None:
    _code, firm = send(api, "post", "scenarios/", {"name": "Pressing", "ready_made": "Firm"})
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
    address = f"{ROOT}/invoices/{invoice.pk}/"
    chosen = {"invoice": str(invoice.pk), "scenario": firm["id"]}

    code, made = send(api, "post", "scenario-overrides/", chosen)
    assert (code, made["scenario"]) == (HTTPStatus.CREATED, firm["id"])
    assert api.get(address).json()["scenario"] == firm["id"]
    back = send(api, "post", "scenario-overrides/", {**chosen, "scenario": None})

    assert back == (HTTPStatus.NO_CONTENT, None)
    assert api.get(address).json()["scenario"] == key


def test_a_scenario_becomes_the_default_and_the_old_one_is_archived(api: Client, key: str) -> None:
    _code, firm = send(api, "post", "scenarios/", {"name": "Pressing", "ready_made": "Firm"})

    default = send(api, "patch", f"scenarios/{firm['id']}/", {"is_default": True})
    archived = send(api, "post", f"scenarios/{key}/archive/", {})
    back = send(api, "post", f"scenarios/{key}/bring-back/", {})

    assert default[1]["is_default"]
    assert archived[1]["archived_at"] is not None
    assert back[1]["archived_at"] is None


@pytest.mark.parametrize("count", [1, 6])
def test_lists_ask_as_often_for_any_number(
    api: Client, acme: Organization, key: str, count: int
) -> None:
    with tenant_transaction(acme.pk):
        for number in range(count):
            made = editing.create(acme, f"Own {number}", standard.FIRM, at=AT)
            assigning.choose_for_invoice(make.invoice(acme), made, at=AT)
    lists = ("scenarios", "scenario-overrides", "scenario-rules", "invoices")

    asked = []
    for name in lists:
        with CaptureQueriesContext(connection) as queries:
            api.get(f"{ROOT}/{name}/")
        asked.append(len(queries))

    assert asked == [11, 8, 8, 12]


def test_the_steps_choices_are_in_the_openapi_document(api: Client) -> None:
    document = api.get(f"{ROOT}/openapi.json?format=json").json()

    step = document["components"]["schemas"]["Step"]["properties"]
    assert {"channel", "tone", "kind", "approval", "contact_role", "least"} <= step.keys()
    assert f"{ROOT}/scenarios/{{id}}/steps/{{step_id}}/" in document["paths"]
