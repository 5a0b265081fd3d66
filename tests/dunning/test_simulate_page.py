"""The simulator over its page and the API: what is typed, what is shown; nothing leaves."""

import csv
import io
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.tenancy import tenant_transaction
from dunning import assigning, editing, scenarios, standard
from dunning.assigning import RuleDraft
from dunning.models import Message, Scenario, Step
from invoices.models import Customer
from organizations.models import Organization, Role
from tests import make
from tests.dunning.test_scenario_pages import cards
from tests.make import AT

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def standing(acme: Organization) -> Scenario:
    with tenant_transaction(acme.pk):
        return scenarios.default(acme)


@pytest.fixture
def late(acme: Organization, standing: Scenario) -> Customer:
    with tenant_transaction(acme.pk):
        dupont = make.a_customer(acme, phone="+33240000000")
        make.invoice(acme, customer=dupont, amounts={"2026-02-10": 120_000}, number="F-77")
    return dupont


def address(scenario: Scenario, query: str = "") -> str:
    return f"/o/{scenario.organization.slug}/scenarios/{scenario.pk}/simulate/{query}"


def test_todays_scenario_differs_in_nothing(
    owner: Client, standing: Scenario, late: Customer
) -> None:
    page = owner.get(address(standing))

    simulation = page.context["simulation"]
    assert simulation.difference.is_nothing
    assert simulation.draft.count == simulation.today.count > 2
    assert '<svg class="chart columns"' in page.content.decode()
    assert page.context["weeks"]


def test_the_editors_draft_is_simulated_and_not_saved(
    owner: Client, standing: Scenario, late: Customer
) -> None:
    said = {"form-2-DELETE": "on", "form-1-days": "8", "capacity": "0", "most": "1"}
    draft = {**cards(), **said}

    page = owner.post(address(standing), draft)

    assert page.status_code == HTTPStatus.OK
    assert [count for _name, count, _changes in page.context["changes"]][-1] == 1
    assert (page.context["over_count"], page.context["over_today"]) == (0, 1)
    assert page.context["too_much"][0][0] == "Dupont"
    content = page.content.decode()
    assert '<input type="hidden" name="form-1-days" value="8"' in content
    with tenant_transaction(standing.organization_id):
        assert Step.objects.living().count() == 6
        assert not Message.objects.exists()


def test_a_draft_that_contradicts_itself_is_refused_with_sentences(
    owner: Client, standing: Scenario
) -> None:
    page = owner.post(address(standing), {**cards(), "form-1-days": "x"})

    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert page.context["form"].non_field_errors()


@pytest.mark.parametrize(
    "query", ["?days=31", "?over=never", "?capacity=-1", "?most=x", "?followed=nobody"]
)
def test_what_cannot_be_simulated_is_refused(owner: Client, standing: Scenario, query: str) -> None:
    page = owner.get(address(standing, query))

    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "simulation" not in page.context


@pytest.mark.parametrize(("order", "status"), [("2 1", 200), ("3", 422), ("1,1", 422), ("b", 422)])
def test_rules_are_named_by_their_places(
    acme: Organization, owner: Client, standing: Scenario, order: str, status: int
) -> None:
    with tenant_transaction(acme.pk):
        rules = [RuleDraft(standing, invoiced_minor=1), RuleDraft(standing, invoiced_minor=2)]
        assigning.write_rules(acme, rules, at=AT)

    assert owner.get(address(standing, f"?order={order}")).status_code == status


def test_the_last_year_says_what_it_is_compared_with(
    owner: Client, standing: Scenario, late: Customer
) -> None:
    with tenant_transaction(standing.organization_id):
        make.invoice(standing.organization, amounts={"2025-06-02": 50_000}, number="F-12")

    page = owner.get(address(standing, "?over=year"))

    assert page.context["is_year"]
    assert [name for name, _rows in page.context["reached"]] == [
        "Avec le brouillon",
        "Avec le scénario actuel",
    ]
    assert "ne sont ce qui s’est réellement passé" in page.content.decode()


def test_the_file_has_both_runs(owner: Client, standing: Scenario, late: Customer) -> None:
    answer = owner.get(address(standing, "?format=csv"))

    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert {line[0] for line in lines[1:]} == {"brouillon", "aujourd’hui"}
    assert lines[1][6:9] == ["F-77", "1200.00", "EUR"]


def test_who_may_not_steer_scenarios_does_not_simulate(
    acme: Organization, standing: Scenario, client: Client
) -> None:
    client.force_login(make.member(acme, Role.COLLECTOR))

    assert client.get(address(standing)).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("count", [1, 12])
def test_the_page_asks_as_often_for_any_number_of_customers(
    acme: Organization, owner: Client, standing: Scenario, count: int
) -> None:
    with tenant_transaction(acme.pk):
        firm = editing.create(acme, "Pressing", standard.FIRM, at=AT)
        for _number in range(count):
            make.invoice(acme, amounts={"2026-02-10": 120_000})
    query = "?followed=everybody&capacity=0&most=0&days=90"
    owner.get(address(firm, query))

    with CaptureQueriesContext(connection) as asked:
        owner.get(address(firm, query))

    assert len(asked) == 50


def simulate(api: Client, scenario: Scenario, **body: Any) -> Any:
    path = f"/api/v1/scenarios/{scenario.pk}/simulation/"
    answer = api.post(path, body, content_type="application/json")
    return answer.status_code, answer.json()


def test_a_program_simulates_other_steps(api: Client, standing: Scenario, late: Customer) -> None:
    soft = {"offset_days": 8, "channel": "email", "tone": "courteous", "kind": "courteous"}

    code, said = simulate(
        api, standing, steps=[{**soft, "level": 20}], calls_per_day=0, most_contacts=0
    )

    assert code == HTTPStatus.OK
    assert (said["start_on"], said["days"]) == ("2026-02-13", 30)
    assert said["today"]["channels"]["call"] == 1
    assert len(said["today"]["too_many_calls"]) == 1
    assert said["draft"]["channels"] == {"email": 1}
    assert said["draft"]["asked"] == [{"amount": "1200.00", "currency": "EUR"}]
    assert said["difference"]["taken"] == said["today"]["contacts"] - 1
    assert said["too_much"] == [
        {"customer": str(late.pk), "today": said["today"]["contacts"], "draft": 1}
    ]


def test_a_program_replays_the_last_year(
    acme: Organization, api: Client, standing: Scenario
) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={"2025-06-02": 50_000})

    code, said = simulate(api, standing, over="year")

    assert (code, said["days"], said["difference"]) == (HTTPStatus.OK, 365, None)
    assert said["draft"] == said["today"]
    assert [step["level"] for step in said["draft"]["steps"]] == [10, 20, 30, 40, 50]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"days": 31}, 400),
        ({"rules": [1]}, 400),
        ({"over": "never"}, 400),
        ({"colour": "red"}, 400),
        ({"steps": [{"offset_days": 1}]}, 400),
        ({"steps": []}, 409),
    ],
)
def test_a_program_is_refused_what_cannot_be_simulated(
    api: Client, standing: Scenario, body: dict[str, Any], code: int
) -> None:
    assert simulate(api, standing, **body)[0] == code
