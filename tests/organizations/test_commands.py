"""Opening an organization, and checking its history, from the command line."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from common.tenancy import tenant_transaction
from organizations import api_keys
from organizations.models import Organization, TimelineEvent, User
from tests import make


def run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_an_organization_is_opened_with_its_owner_and_a_key(db: None) -> None:
    answer = run(
        "create_organization",
        "Atelier Dupont",
        "--owner",
        "You@Example.org",
        "--password",
        "a long password",
        "--iban",
        "FR76 3000 6000 0112 3456 7890 189",
        "--no-approval",
    )

    organization = Organization.objects.get()
    assert answer == {
        "slug": "atelier-dupont",
        "api_key": answer["api_key"],
        "owner": "you@example.org",
    }
    assert (organization.plan, organization.approval_until) == ("unlimited", None)
    assert organization.iban == "FR7630006000011234567890189"
    key = api_keys.find(answer["api_key"], at=make.AT)
    assert key is not None
    assert key.organization == organization
    assert User.objects.get().check_password("a long password")


def test_two_organizations_of_one_name_have_two_addresses(db: None) -> None:
    slugs = {run("create_organization", "Dupont", "--owner", "a@b.example")["slug"] for _ in "ab"}

    assert slugs == {"dupont", "dupont-2"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("Dupont", "--owner", "nobody"),
        ("Dupont", "--owner", "a@b.example", "--timezone", "Paris"),
        ("Dupont", "--owner", "a@b.example", "--iban", "FR00"),
        (" ", "--owner", "a@b.example"),
    ],
)
def test_an_organization_is_not_opened_on_wrong_words(db: None, arguments: tuple[str, ...]) -> None:
    out = io.StringIO()

    with pytest.raises(CommandError) as refusal:
        call_command("create_organization", *arguments, "--json", stdout=out)

    assert refusal.value.returncode == 1
    assert json.loads(out.getvalue())["error"]["message"]
    assert not Organization.objects.exists()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_history_that_was_touched_is_found(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme)
    whole = run("verify_history", acme.slug)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('app.organization_id', %s, false)", [str(acme.pk)])
        cursor.execute("ALTER TABLE organizations_timelineevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE organizations_timelineevent SET actor = 'user:666'")
        cursor.execute("RESET app.organization_id")
        cursor.execute("ALTER TABLE organizations_timelineevent ENABLE TRIGGER USER")
    out = io.StringIO()

    with pytest.raises(SystemExit) as broken:
        call_command("verify_history", acme.slug, "--json", stdout=out)

    assert whole["ok"]
    assert broken.value.code == 1
    with tenant_transaction(acme.pk):
        first = TimelineEvent.objects.order_by("position")[0]
    assert json.loads(out.getvalue())["first_broken"] == first.pk
