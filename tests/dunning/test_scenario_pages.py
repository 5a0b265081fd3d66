"""The pages about scenarios: the list, the editor, the rules, the choices by hand."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.tenancy import tenant_transaction
from dunning import editing, scenarios, standard
from dunning.models import Scenario, ScenarioOverride, ScenarioRule, Step
from dunning.scenario_forms import initial
from organizations.models import Organization, Role
from tests import make
from tests.make import AT

pytestmark = pytest.mark.usefixtures("now")
DUE = "2026-02-06"  # a week before today


@pytest.fixture
def standing(acme: Organization) -> Scenario:
    with tenant_transaction(acme.pk):
        return scenarios.default(acme)


@pytest.fixture
def firm(acme: Organization, standing: Scenario) -> Scenario:
    with tenant_transaction(acme.pk):
        return editing.create(acme, "Pressing", standard.FIRM, at=AT)


def cards(*, version: int = 1, name: str = "Standard", **said: Any) -> dict[str, Any]:
    """Return what the editor sends for the Standard scenario; cards in the order of days."""
    data = {"form-TOTAL_FORMS": "6", "form-INITIAL_FORMS": "6", "name": name, "version": version}
    for number, card in enumerate(initial(standard.STEPS, currency="EUR")):
        data |= {f"form-{number}-{key}": "" if v is None else v for key, v in card.items()}
    return {**data, **said}


def edit(client: Client, scenario: Scenario, do: str, **said: Any) -> Any:
    slug = scenario.organization.slug
    return client.post(f"/o/{slug}/scenarios/{scenario.pk}/edit/", {**cards(**said), "do": do})


def levels(scenario: Scenario) -> list[int]:
    with tenant_transaction(scenario.organization_id):
        return list(scenario.steps.living().values_list("level", flat=True))


def test_the_list_shows_who_follows_each_scenario(
    acme: Organization, owner: Client, firm: Scenario
) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={DUE: 120_000})

    page = owner.get(f"/o/{acme.slug}/scenarios/")

    text = page.content.decode()
    assert [one.label for one in page.context["living"]] == ["Standard", "Pressing"]
    assert text.count('<svg class="ruler"') == 2
    assert "1\u202f200,00\u00a0€" in text or "1\u00a0200,00\u00a0€" in text


@pytest.mark.parametrize("count", [1, 8])
def test_the_list_asks_as_often_for_any_number_of_scenarios(
    acme: Organization, owner: Client, standing: Scenario, count: int
) -> None:
    with tenant_transaction(acme.pk):
        for number in range(count):
            editing.create(acme, f"Own {number}", standard.FIRM, at=AT)
            make.invoice(acme)
    owner.get(f"/o/{acme.slug}/scenarios/")

    with CaptureQueriesContext(connection) as asked:
        owner.get(f"/o/{acme.slug}/scenarios/")

    assert len(asked) == 21


def test_what_would_change_is_shown_before_anything_is_saved(
    acme: Organization, owner: Client, standing: Scenario
) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={"2026-02-13": 120_000}, number="F-77")

    page = edit(owner, standing, "compare", **{"form-1-days": "12", "form-2-DELETE": "on"})

    assert page.status_code == HTTPStatus.OK
    assert page.context["difference"].invoices == 1
    assert "F-77" in page.content.decode()
    assert levels(standing) == [10, 20, 30, 40, 50, 900]


def test_a_save_is_a_new_version(acme: Organization, owner: Client, standing: Scenario) -> None:
    saved = edit(owner, standing, "save", **{"form-2-DELETE": "on", "form-1-days": "8"})

    assert saved.status_code == HTTPStatus.FOUND
    assert levels(standing) == [10, 20, 40, 50, 900]
    page = owner.get(saved.headers["Location"])
    assert [version.number for version, _who, _steps in page.context["versions"]] == [2, 1]
    with tenant_transaction(acme.pk):
        assert Step.objects.get(level=20).offset_days == 8
        assert Scenario.objects.get().name == "Standard"


def test_a_card_is_added_without_scripts(owner: Client, standing: Scenario) -> None:
    page = edit(owner, standing, "add")

    assert len(page.context["cards"].forms) == 7
    assert levels(standing) == [10, 20, 30, 40, 50, 900]

    added = {
        "form-TOTAL_FORMS": "7",
        **{
            f"form-6-{key}": value
            for key, value in {
                "days": "22",
                "side": "after",
                "kind": "last",
                "channel": "email",
                "tone": "firm",
                "approval": "inherit",
            }.items()
        },
    }
    edit(owner, standing, "save", **added)
    assert levels(standing) == [10, 20, 30, 40, 45, 50, 900]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"form-1-tone": "firm"}, "le ton ne fait que monter"),
        ({"form-1-days": "x"}, ""),
        ({"form-1-channel": "pigeon"}, ""),
        ({"form-1-level": "21"}, ""),
        ({"form-1-level": "1e400"}, ""),
        ({"form-TOTAL_FORMS": "x"}, ""),
        ({"form-TOTAL_FORMS": "99999"}, ""),
        ({"name": ""}, ""),
        ({"version": "7"}, ""),
        ({"version": "x"}, ""),
        ({"form-1-side": "before", "form-1-days": "300"}, ""),
    ],
)
@pytest.mark.parametrize("do", ["save", "compare"])
def test_what_cannot_be_meant_is_refused_with_the_form(
    owner: Client, standing: Scenario, said: dict[str, str], sentence: str, do: str
) -> None:
    if do == "compare" and said == {"version": "7"}:
        pytest.skip("Comparing looks at what is there.")

    page = edit(owner, standing, do, **said)

    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert sentence in page.content.decode()
    assert levels(standing) == [10, 20, 30, 40, 50, 900]


@pytest.mark.parametrize("count", ["x", "-1", "99999", ""])
def test_a_card_is_added_whatever_number_of_cards_is_claimed(
    owner: Client, standing: Scenario, count: str
) -> None:
    page = edit(owner, standing, "add", **{"form-TOTAL_FORMS": count})

    assert page.status_code == HTTPStatus.OK


def test_an_old_version_is_restored(acme: Organization, owner: Client, standing: Scenario) -> None:
    edit(owner, standing, "save", **{"form-2-DELETE": "on"})

    address = f"/o/{acme.slug}/scenarios/{standing.pk}/restore/"
    owner.post(address, {"number": "1", "version": "2"})

    assert levels(standing) == [10, 20, 30, 40, 50, 900]
    again = owner.post(address, {"number": "1", "version": "2"})
    assert again.status_code == HTTPStatus.CONFLICT


def test_a_new_scenario_is_a_copy(acme: Organization, owner: Client, standing: Scenario) -> None:
    made = owner.post(f"/o/{acme.slug}/scenarios/new/", {"name": "Mairies", "base": "Public buyer"})
    taken = owner.post(f"/o/{acme.slug}/scenarios/new/", {"name": "mairies", "base": standing.pk})

    assert (made.status_code, taken.status_code) == (302, 422)
    with tenant_transaction(acme.pk):
        scenario = Scenario.objects.get(name="Mairies")
        assert scenarios.drafts_of(scenario) == standard.PUBLIC_BUYER
        assert Scenario.objects.count() == 2


def test_another_default_archives_and_comes_back(
    acme: Organization, owner: Client, standing: Scenario, firm: Scenario
) -> None:
    root = f"/o/{acme.slug}/scenarios"
    owner.post(f"{root}/{firm.pk}/default/")
    owner.post(f"{root}/{standing.pk}/archive/")

    page = owner.get(f"{root}/")
    assert [one.scenario.pk for one in page.context["archived"]] == [standing.pk]

    owner.post(f"{root}/{standing.pk}/back/")
    assert owner.get(f"{root}/").context["archived"] == []


def rules(*rows: dict[str, Any], **said: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"form-TOTAL_FORMS": str(len(rows) + 1), "form-INITIAL_FORMS": "0"}
    for number, row in enumerate([*rows, {}]):
        data |= {f"form-{number}-{name}": value for name, value in row.items()}
    return {**data, **said}


def test_the_rules_say_how_many_would_change_and_are_saved_in_their_places(
    acme: Organization, owner: Client, standing: Scenario, firm: Scenario
) -> None:
    address = f"/o/{acme.slug}/scenarios/rules/"
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={DUE: 120_000})
        make.invoice(acme, amounts={DUE: 10_000})
    read = owner.get(address).context["read"]
    sent = rules(
        {"place": "2", "segment": "VIP", "scenario": standing.pk},
        {"place": "1", "owed": "1 000", "scenario": firm.pk},
        read=read,
    )

    tried = owner.post(address, {**sent, "do": "try"})

    assert "1 client changerait" in tried.context["changing"]
    with tenant_transaction(acme.pk):
        assert not ScenarioRule.objects.exists()
    assert owner.post(address, {**sent, "do": "save"}).status_code == HTTPStatus.FOUND
    with tenant_transaction(acme.pk):
        rows = ScenarioRule.objects.values_list("position", "segment", "owed_minor")
        assert list(rows) == [(1, "", 100_000), (2, "VIP", None)]
    stale = owner.post(address, {**sent, "do": "save"})
    assert stale.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize(
    "row",
    [
        {"place": "1", "scenario": "OWN"},
        {"place": "1", "segment": "VIP", "scenario": "0"},
        {"place": "", "segment": "VIP", "scenario": "OWN"},
        {"place": "1", "owed": "-5", "scenario": "OWN"},
        {"place": "1", "late_days": "9999", "scenario": "OWN"},
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(
    acme: Organization, owner: Client, firm: Scenario, row: dict[str, Any]
) -> None:
    said = {name: firm.pk if value == "OWN" else value for name, value in row.items()}

    page = owner.post(f"/o/{acme.slug}/scenarios/rules/", rules(said, do="save"))

    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    with tenant_transaction(acme.pk):
        assert not ScenarioRule.objects.exists()


def test_a_choice_by_hand_is_made_on_the_customers_page_and_the_invoices(
    acme: Organization, owner: Client, firm: Scenario
) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
    root = f"/o/{acme.slug}"

    owner.post(f"{root}/customers/{invoice.customer_id}/scenario/", {"scenario": firm.pk})

    assert owner.get(f"{root}/invoices/{invoice.pk}/").context["scenario"].names == ("Pressing",)
    owner.post(f"{root}/invoices/{invoice.pk}/scenario/", {"scenario": firm.pk})
    owner.post(f"{root}/customers/{invoice.customer_id}/scenario/", {"scenario": ""})
    with tenant_transaction(acme.pk):
        assert [one.invoice_id for one in ScenarioOverride.objects.all()] == [invoice.pk]


@pytest.mark.parametrize("level", [20, 30, 50])
def test_a_step_shows_what_it_would_write(
    acme: Organization, owner: Client, standing: Scenario, level: int
) -> None:
    address = f"/o/{acme.slug}/scenarios/{standing.pk}/steps/{level}/message/"
    assert owner.get(address).status_code == HTTPStatus.NOT_FOUND
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={DUE: 120_000}, number="F-31")

    assert "F-31" in owner.get(address).content.decode() or level == 30


def test_a_collector_reads_and_changes_nothing(
    acme: Organization, client: Client, standing: Scenario
) -> None:
    client.force_login(make.member(acme, Role.COLLECTOR))

    page = client.get(f"/o/{acme.slug}/scenarios/{standing.pk}/")

    assert page.status_code == HTTPStatus.OK
    assert b"form-TOTAL_FORMS" not in page.content
    assert edit(client, standing, "save").status_code == HTTPStatus.FORBIDDEN
