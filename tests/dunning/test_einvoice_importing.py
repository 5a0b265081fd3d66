"""Files of statuses of electronic invoices: read, taken in once, refused row by row."""

import io
import json
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.refusals import UploadRefused
from common.tenancy import tenant_transaction
from dunning import einvoice_importing, facts
from dunning.models import Hold
from invoices.importing import Report
from invoices.models import EInvoiceStatus, ImportedFile, Invoice
from organizations.models import Organization, Role
from tests import make

pytestmark = pytest.mark.usefixtures("now")
HEAD = "number,code,at,reason_code,reason,amount,currency,event_id\n"
REFUSED = "F-1,210,2026-02-12T09:30:00Z,TX_TVA_ERR,20 % au lieu de 10 %,,,ev-1\n"
APPROVED = "F-2,205,2026-02-11 18:00,,,,,\n"


@pytest.fixture(autouse=True)
def invoices(acme: Organization) -> list[Invoice]:
    with tenant_transaction(acme.pk):
        return [make.invoice(acme, number=f"F-{place}") for place in (1, 2)]


def take_in(organization: Organization, *rows: str, head: str = HEAD) -> Report:
    with tenant_transaction(organization.pk):
        return einvoice_importing.import_statuses(
            organization,
            "statuses.csv",
            (head + "".join(rows)).encode(),
            at=make.AT,
            calendar=facts.calendar_of(organization),
        )


def kept(organization: Organization) -> list[tuple[str, str, datetime]]:
    with tenant_transaction(organization.pk):
        found = EInvoiceStatus.objects.select_related("invoice").order_by("pk")
        return [(one.invoice.number, one.code, one.at) for one in found]


def held(organization: Organization) -> list[tuple[str, str]]:
    with tenant_transaction(organization.pk):
        found = Hold.objects.standing(on=make.ON).order_by("pk")
        return [(hold.kind, hold.category) for hold in found]


def test_a_file_is_taken_in_and_acts(acme: Organization) -> None:
    report = take_in(acme, REFUSED, APPROVED)

    assert (report.created, report.unchanged, report.rejected) == (2, 0, [])
    assert kept(acme) == [
        ("F-1", "210", datetime(2026, 2, 12, 9, 30, tzinfo=UTC)),
        ("F-2", "205", datetime(2026, 2, 11, 17, tzinfo=UTC)),  # in the organization's zone
    ]
    assert held(acme) == [("einvoice_status", "210")]
    with tenant_transaction(acme.pk):
        status = EInvoiceStatus.objects.earliest("pk")
        assert (status.source, status.reason_code, status.event_id) == (
            "file",
            "TX_TVA_ERR",
            "ev-1",
        )


def test_the_same_file_again_changes_nothing(acme: Organization) -> None:
    take_in(acme, REFUSED, APPROVED)
    before = kept(acme)

    again = take_in(acme, REFUSED, APPROVED)

    assert (again.created, again.unchanged) == (0, 2)
    assert kept(acme) == before
    assert held(acme) == [("einvoice_status", "210")]


def test_french_headers_and_amounts_are_known(acme: Organization) -> None:
    report = take_in(
        acme,
        "F-1;206;12/02/2026 10:00;PU_ERR;Tarif 2025;1 000,00 €;ev-9\n",
        head="Numéro de facture;Code statut;Date heure;Code motif;Motif;Montant;Identifiant\n",
    )

    assert (report.created, report.rejected) == (1, [])
    with tenant_transaction(acme.pk):
        hold = Hold.objects.get()
        assert (hold.category, hold.held_minor) == ("price", 20_000)


def test_a_bad_row_is_named_and_the_others_go_in(acme: Organization) -> None:
    report = take_in(
        acme,
        REFUSED,
        "F-9,210,2026-02-12,,,,,\n",
        "F-1,299,2026-02-12,,,,,\n",
        "F-1,210,2026-02-15,,,,,\n",
        "F-1,206,2026-02-12,,,9000.00,,\n",
        "F-1,206,2026-02-12,,,900.00,USD,\n",
        "F-2,210,2026-02-12,,,,,ev-1\n",
        APPROVED,
    )

    assert [(one.row, one.code) for one in report.rejected] == [
        (3, "unknown_invoice"),
        (4, "unknown_einvoice_code"),
        (5, "einvoice_status_ahead"),
        (6, "einvoice_amount_unfit"),
        (7, "einvoice_amount_unfit"),
        (8, "einvoice_event_reused"),
    ]
    assert all(one.message for one in report.rejected)
    assert [number for number, *_rest in kept(acme)] == ["F-1", "F-2"]


def test_a_file_that_cannot_be_read_changes_nothing(acme: Organization) -> None:
    with pytest.raises(UploadRefused, match="“at”"):
        take_in(acme, "F-1,210\n", head="number,code\n")

    assert kept(acme) == []


def test_a_file_in_any_order_leaves_what_its_newest_row_says(acme: Organization) -> None:
    take_in(
        acme,
        "F-1,209,2026-02-12T10:00:00Z,,,,,\n",
        "F-1,208,2026-02-12T09:00:00Z,JUSTIF_ABS,,,,\n",
    )

    assert held(acme) == []


def test_many_invoices_are_taken_in_by_a_fixed_number_of_queries(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        for place in range(3, 30):
            make.invoice(acme, number=f"F-{place}")
    rows = [f"F-{place},203,2026-02-12T09:00:00Z,,,,,\n" for place in range(1, 30)]

    with CaptureQueriesContext(connection) as queries:
        take_in(acme, *rows[:2])
        few = len(queries)
    with CaptureQueriesContext(connection) as queries:
        take_in(acme, *rows[2:])
        many = len(queries)

    assert many == few


# The command


def run(*arguments: str) -> tuple[Any, Any]:
    out = io.StringIO()
    try:
        call_command("import_einvoice_statuses", *arguments, "--json", stdout=out)
    except SystemExit as refusal:
        return refusal.code, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_the_command_prints_what_came_of_its_files(acme: Organization, tmp_path: Path) -> None:
    path = tmp_path / "statuses.csv"
    path.write_text(HEAD + REFUSED + APPROVED + "F-1,299,2026-02-12,,,,,\n")

    status, first = run(acme.slug, str(path))
    _status, again = run(acme.slug, str(path))

    assert (status, first["created"], first["unchanged"]) == (0, 2, 0)
    (rejected,) = first["rejected"]
    assert (rejected["row"], rejected["code"]) == (4, "unknown_einvoice_code")
    assert "299" in rejected["message"]
    assert (again["created"], again["unchanged"]) == (0, 2)


def test_a_command_that_is_refused_says_why_and_takes_in_nothing(
    acme: Organization, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(HEAD + REFUSED)
    bad.write_text("number,code\nF-1,210\n")

    status, answer = run(acme.slug, str(good), str(bad))

    assert (status, answer["error"]["code"]) == (1, "missing_column")
    assert kept(acme) == []


# The pages


def upload(content: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("statuses.csv", content.encode(), content_type="text/csv")


def test_the_import_page_takes_statuses_and_gives_refused_rows_back(
    acme: Organization, owner: Client
) -> None:
    content = HEAD + REFUSED + "F-1,299,2026-02-12,,,,,\n"

    done = owner.post(f"/o/{acme.slug}/import/", {"kind": "statuses", "file": upload(content)})

    assert done.status_code == HTTPStatus.FOUND
    assert held(acme) == [("einvoice_status", "210")]
    shown = owner.get(done["Location"]).content.decode()
    assert "299" in shown
    with tenant_transaction(acme.pk):
        imported = ImportedFile.objects.get()
    mended = owner.get(f"/o/{acme.slug}/import/{imported.pk}/refused.csv").content.decode()
    assert "F-1;299;2026-02-12" in mended


def test_the_invoice_shows_the_last_status_its_reason_and_its_history(
    acme: Organization, owner: Client, invoices: list[Invoice]
) -> None:
    take_in(acme, "F-1,203,2026-02-11T09:00:00Z,,,,,\n", REFUSED)

    page = owner.get(f"/o/{acme.slug}/invoices/{invoices[0].pk}/").content.decode()

    text = " ".join(page.replace("\u00a0", " ").split())
    assert "E-facture : Refusée, 12/02" in text
    assert "établir un avoir ou une facture rectificative" in text
    assert "Facture électronique, 12/02 : Refusée (210)." in text
    assert "Motif : taux de TVA erroné." in text
    assert "C’est la preuve que le client a reçu la facture." in text


def test_the_invoice_costs_the_same_whatever_was_said_of_it(
    acme: Organization, owner: Client, invoices: list[Invoice]
) -> None:
    address = f"/o/{acme.slug}/invoices/{invoices[0].pk}/"
    rows = [f"F-1,203,2026-02-11T09:{minute:02}:00Z,,,,,\n" for minute in range(20)]
    take_in(acme, rows[0])
    owner.get(address)
    with CaptureQueriesContext(connection) as queries:
        owner.get(address)
        few = len(queries)
    take_in(acme, *rows)

    with CaptureQueriesContext(connection) as queries:
        owner.get(address)
        many = len(queries)

    assert many == few


def test_who_may_only_read_imports_no_statuses(acme: Organization, client: Client) -> None:
    client.force_login(make.member(acme, Role.COLLECTOR))

    refused = client.post(
        f"/o/{acme.slug}/import/", {"kind": "statuses", "file": upload(HEAD + REFUSED)}
    )

    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert kept(acme) == []
