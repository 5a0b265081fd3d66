"""The pages about what is owed, as a browser gets them."""

import csv
import io
from http import HTTPStatus
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client

from common.tenancy import tenant_transaction
from invoices import importing
from invoices.models import Customer, ImportedFile, Invoice
from organizations.models import Organization, Role, TimelineEvent
from tests import make

pytestmark = pytest.mark.usefixtures("now")

CSV = (
    "Numéro;Client;Code client;E-mail;Date facture;Échéance;Montant TTC\n"
    "F-1;Hélios;C1;compta@helios.example;05/01/2026;04/02/2026;1 200,00\n"
    "F-2;Hélios;C1;compta@helios.example;15/01/2026;14/02/2026;80,50\n"
)


@pytest.fixture
def book(acme: Organization) -> dict[str, Invoice]:
    """One invoice 9 days late, one due in a month, one in dollars, one paid."""
    with tenant_transaction(acme.pk):
        helios = make.a_customer(acme, "Hélios", code="C-HEL")
        lutece = make.a_customer(acme, "Lutèce", code="C-LUT")
        found = {
            "late": make.invoice(acme, number="F-2026-0871", customer=helios),
            "open": make.invoice(
                acme, number="F-2026-0902", customer=lutece, amounts={"2026-03-13": 50_000}
            ),
            "dollars": make.invoice(
                acme,
                number="F-2026-0903",
                customer=lutece,
                amounts={"2026-03-20": 7_000},
                currency="USD",
            ),
            "paid": make.invoice(acme, number="F-2026-0700", customer=helios),
        }
        paid = found["paid"]
        paid.instalments.update(settled_minor=120_000)
        Invoice.objects.filter(pk=paid.pk).update(settled_minor=120_000)
    return found


def upload(content: str | bytes, name: str = "factures.csv") -> SimpleUploadedFile:
    data = content.encode() if isinstance(content, str) else content
    return SimpleUploadedFile(name, data, content_type="text/csv")


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == HTTPStatus.OK
    return response.content.decode()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"late", "open", "dollars"}),
        ("?view=overdue", {"late"}),
        ("?view=not_due", {"open", "dollars"}),
        ("?view=paid", {"paid"}),
        ("?view=all", {"late", "open", "dollars", "paid"}),
        ("?view=nonsense&page=zzz&order=password", {"late", "open", "dollars"}),
        ("?q=0871", {"late"}),
        ("?q=f2026+0902", {"open"}),
        ("?q=hélios", {"late", "paid"}),
        ("?q=C-LUT", {"open", "dollars"}),
        ("?q=nobody", set()),
        ("?view=overdue&late_from=9&late_to=30", {"late"}),
        ("?view=overdue&late_from=10&late_to=30", set()),
    ],
)
def test_a_list_shows_what_is_asked_for(
    acme: Organization, owner: Client, book: dict[str, Invoice], query: str, shown: set[str]
) -> None:
    page = text_of(owner, f"/o/{acme.slug}/invoices/{query}")

    found = {name for name, invoice in book.items() if f">{invoice.number}</a>" in page}
    assert found == shown


def test_a_list_adds_up_each_currency_by_itself(
    acme: Organization, owner: Client, book: dict[str, Invoice]
) -> None:
    page = text_of(owner, f"/o/{acme.slug}/invoices/?view=all")

    assert "1\u202f700,00\u00a0€" in page
    assert "70,00\u00a0$" in page
    assert "4 factures" in page


@pytest.mark.parametrize(
    ("order", "first"), [("number", "paid"), ("-number", "dollars"), ("-balance", "late")]
)
def test_a_list_is_in_the_order_asked_for(
    acme: Organization, owner: Client, book: dict[str, Invoice], order: str, first: str
) -> None:
    page = text_of(owner, f"/o/{acme.slug}/invoices/?view=all&order={order}")

    places = {page.index(f">{invoice.number}</a>"): name for name, invoice in book.items()}
    assert places[min(places)] == first


def test_a_long_list_costs_no_more_queries_than_a_short_one(
    acme: Organization, owner: Client, django_assert_max_num_queries: Any
) -> None:
    with tenant_transaction(acme.pk):
        for _ in range(30):
            make.invoice(acme)

    for page in ("invoices", "customers"):
        with django_assert_max_num_queries(55):
            owner.get(f"/o/{acme.slug}/{page}/")


def test_an_invoice_says_what_is_left_what_comes_and_why(
    acme: Organization, owner: Client, book: dict[str, Invoice]
) -> None:
    page = text_of(owner, f"/o/{acme.slug}/invoices/{book['late'].pk}/")

    assert "9 jours de retard" in page
    assert "1\u202f200,00\u00a0€" in page
    assert "Relance cordiale" in page
    assert "J+7" in page
    assert "compta@dupont.example" in page


def test_a_paid_invoice_says_that_it_is_and_plans_nothing(
    acme: Organization, owner: Client, book: dict[str, Invoice]
) -> None:
    page = text_of(owner, f"/o/{acme.slug}/invoices/{book['paid'].pk}/")

    assert "Rien n’est prévu" in page
    assert "Noter une promesse" not in page


def test_a_pause_set_on_the_page_is_what_the_page_then_shows(
    acme: Organization, owner: Client, book: dict[str, Invoice]
) -> None:
    invoice = book["late"]
    address = f"/o/{acme.slug}/invoices/{invoice.pk}/"

    owner.post(f"{address}pause/", {"until": "2026-03-31", "reason": "audit"})

    page = text_of(owner, address)
    assert "Une pause" in page
    assert "31/03" in page
    assert "audit" in page


def test_customers_come_with_the_largest_delay_first(
    acme: Organization, owner: Client, book: dict[str, Invoice]
) -> None:
    page = text_of(owner, f"/o/{acme.slug}/customers/")

    assert page.index("Hélios") < page.index("Lutèce")
    assert "500,00\u00a0€" in page
    assert "70,00\u00a0$" in page


def test_a_customer_shows_what_is_open_in_each_currency(
    acme: Organization, owner: Client, book: dict[str, Invoice]
) -> None:
    page = text_of(owner, f"/o/{acme.slug}/customers/{book['open'].customer_id}/")

    assert "F-2026-0902" in page
    assert "F-2026-0903" in page
    assert "F-2026-0871" not in page


def test_a_credit_note_is_set_off_on_the_page_of_its_customer(
    acme: Organization, owner: Client, book: dict[str, Invoice]
) -> None:
    invoice = book["late"]
    with tenant_transaction(acme.pk):
        note = make.credit_note(invoice.customer, minor=20_000, number="AV-1")
    address = f"/o/{acme.slug}/customers/{invoice.customer_id}/"
    before = text_of(owner, address)

    owner.post(
        f"/o/{acme.slug}/credit-notes/{note.pk}/set-off/",
        {"invoice": invoice.pk, "amount": "150,00"},
    )

    assert "AV-1" in before
    with tenant_transaction(acme.pk):
        assert Invoice.objects.get(pk=invoice.pk).balance.minor == 105_000
    assert "50,00\u00a0€" in text_of(owner, address)


@pytest.mark.parametrize("what", ["invoices", "customers", "import"])
def test_what_is_anothers_is_as_absent_as_what_never_was(
    acme: Organization, other: Organization, owner: Client, what: str
) -> None:
    with tenant_transaction(other.pk):
        theirs = make.invoice(other)
        keys = {"invoices": theirs.pk, "customers": theirs.customer_id, "import": 1}

    mine = owner.get(f"/o/{acme.slug}/{what}/{keys[what]}/")
    nobodys = owner.get(f"/o/{acme.slug}/{what}/{10**12}/")

    assert (mine.status_code, nobodys.status_code) == (404, 404)
    assert mine.content == nobodys.content


def test_a_file_is_taken_in_and_its_report_shown(acme: Organization, owner: Client) -> None:
    bad = CSV + "F-3;Hélios;C1;;32/01/2026;14/02/2026;10,00\n"

    response = owner.post(f"/o/{acme.slug}/import/", {"kind": "invoices", "file": upload(bad)})

    assert response.status_code == HTTPStatus.FOUND
    report = text_of(owner, response["Location"])
    assert "factures.csv" in report
    assert "« 32/01/2026 » n’est pas une date." in report.replace("\u00a0", " ")
    with tenant_transaction(acme.pk):
        totals = Invoice.objects.order_by("number").values_list("number", "total_minor")
        assert list(totals) == [("F-1", 120_000), ("F-2", 8_050)]


def test_the_same_file_again_changes_nothing(acme: Organization, owner: Client) -> None:
    address = f"/o/{acme.slug}/import/"
    owner.post(address, {"kind": "invoices", "file": upload(CSV)})

    owner.post(address, {"kind": "invoices", "file": upload(CSV, "again.csv")})

    with tenant_transaction(acme.pk):
        again = ImportedFile.objects.latest("pk").report
        assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)
        kinds = TimelineEvent.objects.values_list("kind", flat=True)
        assert list(kinds).count("invoices.invoice_recorded") == 2


def test_refused_rows_come_back_with_their_reason_and_their_cells(
    acme: Organization, owner: Client
) -> None:
    bad = CSV + "F-3;=1+1;C1;;32/01/2026;14/02/2026;-10,00\n"
    done = owner.post(f"/o/{acme.slug}/import/", {"kind": "invoices", "file": upload(bad)})

    response = owner.get(f"{done['Location']}refused.csv")

    head, row = csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";")
    assert head[2:] == CSV.splitlines()[0].split(";")
    assert row[0] == "4"
    assert "32/01/2026" in row[1]
    assert row[2:] == ["F-3", "'=1+1", "C1", "", "32/01/2026", "14/02/2026", "-10,00"]


def test_customers_are_taken_in_from_a_file_of_their_own(acme: Organization, owner: Client) -> None:
    content = "Code;Raison sociale;Ville\nC1;Hélios;Lyon\n"

    owner.post(f"/o/{acme.slug}/import/", {"kind": "customers", "file": upload(content)})

    with tenant_transaction(acme.pk):
        assert Customer.objects.values_list("code", "name", "city").get() == (
            "C1",
            "Hélios",
            "Lyon",
        )


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ("", "empty.csv", "vide"),
        (b"\x89PNG\r\n\x1a\n0000", "image.csv", "png"),
        (CSV + 'F-4;"never closed;C1;;\n', "quote.csv", "ligne 4"),
        ("Numéro;Client;Date facture;Montant TTC\nF-1;A;05/06/2026;1,234\n", "unsure.csv", "1,234"),
        ("just words\nand more\n", "words.csv", ""),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(
    acme: Organization, owner: Client, content: str | bytes, name: str, says: str
) -> None:
    response = owner.post(
        f"/o/{acme.slug}/import/", {"kind": "invoices", "file": upload(content, name)}
    )

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    page = response.content.decode()
    assert 'role="alert"' in page
    assert says in page
    with tenant_transaction(acme.pk):
        assert not Invoice.objects.exists()
        assert not ImportedFile.objects.exists()


def test_of_two_files_one_unreadable_neither_is_taken_in(acme: Organization, owner: Client) -> None:
    files = [upload(CSV), upload("", "empty.csv")]

    response = owner.post(f"/o/{acme.slug}/import/", {"kind": "invoices", "file": files})

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    with tenant_transaction(acme.pk):
        assert not Invoice.objects.exists()


def test_a_number_that_a_program_records_at_the_same_moment_is_no_error_of_ours(
    acme: Organization, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collide(*_args: Any, **_options: Any) -> Any:
        raise IntegrityError

    monkeypatch.setattr(importing, "import_invoices", collide)
    response = owner.post(f"/o/{acme.slug}/import/", {"kind": "invoices", "file": upload(CSV)})

    assert response.status_code == HTTPStatus.CONFLICT
    assert "réessayez" in response.content.decode()


def test_what_the_file_leaves_unclear_is_asked_and_the_answer_followed(
    acme: Organization, owner: Client
) -> None:
    address = f"/o/{acme.slug}/import/"
    unclear = (
        "Invoice number,Customer,Issue date,Due date,Total\n"
        "F-1,Acme Ltd,05/06/2026,06/06/2026,10.00\n"
    )

    asked = owner.post(address, {"kind": "invoices", "file": upload(unclear)})
    owner.post(address, {"kind": "invoices", "file": upload(unclear), "date_order": "mdy"})

    assert asked.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'aria-invalid="true"' in asked.content.decode()
    with tenant_transaction(acme.pk):
        assert Invoice.objects.get().issued_on.isoformat() == "2026-05-06"


def test_a_file_over_twenty_megabytes_is_refused(acme: Organization, owner: Client) -> None:
    large = upload(b"x" * (20 * 2**20 + 1), "large.csv")

    response = owner.post(f"/o/{acme.slug}/import/", {"kind": "invoices", "file": large})

    assert response.status_code in {
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
    assert "20" in response.content.decode()


def test_a_collector_reads_but_does_not_import(acme: Organization, client: Client) -> None:
    client.force_login(make.member(acme, Role.COLLECTOR))

    assert client.get(f"/o/{acme.slug}/invoices/").status_code == HTTPStatus.OK
    assert client.get(f"/o/{acme.slug}/import/").status_code == HTTPStatus.FORBIDDEN
