"""The editor of texts: what is kept, what is refused where, and what is shown before."""

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from common.tenancy import tenant_transaction
from dunning import wording
from dunning.models import Act, Enclosing, Message, OwnText
from organizations.models import Organization, Role, TimelineEvent
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

FIRM = wording.TextKey("email", "firm", "firm")
SHOWN = [
    wording.TextKey("email", "preventive", "friendly"),
    wording.TextKey("email", "thank_you", "courteous"),
    wording.TextKey("letter", "formal_notice", "formal"),
    wording.TextKey("sms", "last"),
    wording.TextKey("call", "first_call", "courteous"),
    wording.TextKey("call", "broken_promise", "firm"),
]


def typed(key: wording.TextKey, changes: dict[str, str] | None = None) -> dict[str, str]:
    """Return the form as the house fills it, but for some parts, as "fr-subject"."""
    said = {
        f"{language}-{part}": text
        for language in wording.LANGUAGES
        for part, text in wording.source(key, language=language, several=False).items()
    }
    return {**said, "for": "one", **(changes or {})}


@pytest.mark.parametrize("family", ["email", "letter", "sms", "call", "nonsense"])
def test_the_list_has_every_text_of_a_family(
    acme: Organization, owner: Client, family: str
) -> None:
    page = owner.get(f"/o/{acme.slug}/settings/texts/?family={family}").content.decode()

    shown = {key for key in wording.library() if f"/texts/{key}/" in page}
    wanted = family if family != "nonsense" else "email"
    assert shown == {key for key in wording.library() if key.family == wanted}


@pytest.mark.parametrize("key", SHOWN, ids=str)
@pytest.mark.parametrize("case", ["", "example"])
def test_a_text_is_shown_on_what_is_due_or_on_an_example(
    acme: Organization, owner: Client, key: wording.TextKey, case: str
) -> None:
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, "Dupont")
        for number, minor in (("F-1", 5_000), ("F-2", 90_000)):
            make.invoice(acme, customer=customer, number=number, amounts={"2026-01-05": minor})
    address = f"/o/{acme.slug}/settings/texts/{key}/"

    page = owner.get(f"{address}?case={case}").content.decode()
    preview = owner.get(f"{address}preview/?for=many&language=en&case={case}")

    assert ("Dupont · F-2" in page) == (key.kind != "thank_you")  # nothing was paid
    assert "sandbox" in preview["Content-Security-Policy"]
    shown = preview.content.decode()
    is_of_the_book = "950.00" in shown or "900.00" in shown
    assert is_of_the_book == (not case and key.kind != "thank_you")
    assert "{{" not in shown


def test_a_text_is_kept_as_a_version_and_the_house_speaks_again(
    acme: Organization, owner: Client
) -> None:
    address = f"/o/{acme.slug}/settings/texts/{FIRM}/"
    mine = typed(FIRM, {"fr-title": "Un mot sur la facture {{ number }}"})

    kept = owner.post(address, mine)
    again = owner.post(address, mine)
    back = owner.post(f"{address}house/", {"for": "one", "language": "fr"})

    assert [one.status_code for one in (kept, again, back)] == [302, 302, 302]
    with tenant_transaction(acme.pk):
        versions = list(OwnText.objects.order_by("version"))
        events = TimelineEvent.objects.filter(kind="dunning.text_written").count()
    assert [(one.language, one.version) for one in versions] == [("fr", 1), ("fr", 2)]
    assert versions[0].parts["one"]["title"] == "Un mot sur la facture {{ number }}"
    assert versions[1].parts == {}
    assert events == 2


def test_an_earlier_version_is_restored_from_the_page(acme: Organization, owner: Client) -> None:
    address = f"/o/{acme.slug}/settings/texts/{FIRM}/"
    owner.post(address, typed(FIRM, {"fr-title": "Un mot"}))
    owner.post(f"{address}house/", {"for": "one", "language": "fr"})
    with tenant_transaction(acme.pk):
        first = OwnText.objects.get(version=1)

    owner.post(f"/o/{acme.slug}/settings/texts/versions/{first.pk}/restore/")

    page = owner.get(address).content.decode()
    assert 'value="Un mot"' in page
    assert "Le vôtre, version 3" in page


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    acme: Organization, owner: Client
) -> None:
    wrong = {"fr-subject": "Facture\r\nBcc: a@b.example", "en-opening": "Hello\n{{ totl }}"}

    answer = owner.post(f"/o/{acme.slug}/settings/texts/{FIRM}/", typed(FIRM, wrong))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "pas de retour à la ligne" in page
    assert "Ligne 2, colonne 1" in page
    assert "Vouliez-vous dire {{ total }}" in page
    with tenant_transaction(acme.pk):
        assert not OwnText.objects.exists()


def test_a_preview_of_what_can_not_be_read_says_why(acme: Organization, owner: Client) -> None:
    wrong = typed(FIRM, {"fr-opening": "{{ totl }}"})

    answer = owner.post(f"/o/{acme.slug}/settings/texts/{FIRM}/preview/", wrong)

    assert answer.status_code == 200
    assert "n’existe pas" in answer.content.decode()


def test_a_preview_shows_what_is_typed_and_escapes_it(acme: Organization, owner: Client) -> None:
    mine = typed(FIRM, {"fr-opening": "<script>alert(1)</script> {{ total }} {{ deadline }}"})

    page = owner.post(f"/o/{acme.slug}/settings/texts/{FIRM}/preview/", mine).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page


def test_a_letter_is_shown_as_pdf(acme: Organization, owner: Client) -> None:
    key = wording.TextKey("letter", "formal_notice", "formal")
    address = f"/o/{acme.slug}/settings/texts/{key}/preview/"

    answer = owner.post(address, typed(key, {"pdf": "fr"}))

    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_a_test_goes_to_who_asks_and_counts_as_no_contact(
    acme: Organization,
    owner: Client,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    mine = typed(FIRM, {"fr-subject": "À moi : {{ number }}", "language": "fr"})

    with django_capture_on_commit_callbacks(execute=True):
        answer = owner.post(f"/o/{acme.slug}/settings/texts/{FIRM}/test/", mine)

    assert answer.status_code == 200
    (mail,) = mailoutbox
    with tenant_transaction(acme.pk):
        assert not Message.objects.exists()
        assert not Act.objects.exists()
        assert not OwnText.objects.exists()
    assert mail.to == [acme.memberships.get().user.email]
    assert mail.subject.startswith("[Test] À moi")


def test_the_editor_asks_no_more_with_a_longer_book(acme: Organization, owner: Client) -> None:
    address = f"/o/{acme.slug}/settings/texts/{FIRM}/?for=many"
    owner.get(address)
    counts = []
    for invoices in (2, 25):
        with tenant_transaction(acme.pk):
            customer = make.a_customer(acme)
            for _ in range(invoices):
                make.invoice(acme, customer=customer, amounts={"2026-01-05": 100 * invoices})
        with CaptureQueriesContext(connection) as queries:
            owner.get(address)
        counts.append(len(queries))

    assert counts[0] == counts[1] < 60


def test_what_is_joined_is_said_once_for_all(acme: Organization, owner: Client) -> None:
    said = {"copies": "always", "statement": "on", "currencies": "usd, GBP;usd"}

    kept = owner.post(f"/o/{acme.slug}/settings/texts/enclosing/", said)
    refused = owner.post(
        f"/o/{acme.slug}/settings/texts/enclosing/", {**said, "currencies": "EURO"}
    )

    assert (kept.status_code, refused.status_code) == (302, 422)
    assert "n’est pas le code d’une devise" in refused.content.decode()
    with tenant_transaction(acme.pk):
        row = Enclosing.objects.get()
    assert (row.copies, row.statement, row.bank_details) == ("always", True, False)
    assert row.currencies == ["GBP", "USD"]


def test_texts_are_for_those_who_may_change_the_settings(
    acme: Organization, client: Client
) -> None:
    client.force_login(make.member(acme, Role.COLLECTOR))

    assert client.get(f"/o/{acme.slug}/settings/texts/").status_code == 403


def test_a_text_that_is_not_in_the_library_is_not_there(acme: Organization, owner: Client) -> None:
    assert owner.get(f"/o/{acme.slug}/settings/texts/email-nothing-firm/").status_code == 404


def test_programs_read_write_and_lint_texts(acme: Organization, api: Client) -> None:
    house = dict(wording.source(FIRM, language="fr", several=False))
    said = {"text": str(FIRM), "language": "fr", "invoices": "one"}

    def send(path: str, parts: dict[str, str]) -> Any:
        return api.post(f"/api/v1/texts/{path}", {**said, "parts": parts}, "application/json")

    made = send("", {**house, "title": "Un mot"})
    refused = send("", {**house, "title": "{{ totl }}"})
    linted = send("lint/", {**house, "subject": "URGENT : {{ number }}"})
    unknown = send("", {"nothing": "x"})
    listed = api.get("/api/v1/texts/").json()["results"]

    assert made.status_code == 201
    assert made.json()["fr"]["version"] == 1
    assert refused.status_code == unknown.status_code == 400
    assert [one["code"] for one in linted.json()["findings"]] == ["urgent"]
    assert len(listed) == len(wording.library())
    one = api.get(f"/api/v1/texts/{FIRM}/").json()
    assert one["fr"]["one"]["title"] == "Un mot"
    assert one["en"]["version"] is None
