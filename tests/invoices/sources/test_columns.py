import pytest

from common.tables import Grid, fold
from invoices.sources import columns
from invoices.sources.columns import CUSTOMERS, INVOICES, PAYMENTS, Choices, Vocabulary


def recognised(
    header: str, *rows: str, known: Vocabulary = INVOICES, chosen: Choices = columns.UNSAID
) -> dict[str, str]:
    """Return canonical name to header."""
    names = tuple(header.split(";"))
    cells = tuple((number, row.split(";")) for number, row in enumerate(rows, start=2))
    positions = columns.recognise(Grid(names, cells, (), "utf-8", ";"), known=known, chosen=chosen)
    return {name: names[position] for name, position in sorted(positions.items())}


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("N° facture", "number"),
        ("Numéro de facture", "number"),
        ("Invoice No.", "number"),
        ("Réf.", "number"),
        ("Client", "customer"),
        ("Raison sociale", "customer"),
        ("Company Name", "customer"),
        ("Code client", "customer_code"),
        ("customer_id", "customer_code"),
        ("Montant TTC (€)", "total"),
        ("TOTAL TTC EUR", "total"),
        ("Amount", "total"),
        ("Date d’émission", "issued_on"),
        ("Date facture", "issued_on"),
        ("issued", "issued_on"),
        ("Échéance", "due_on"),
        ("Date d'échéance", "due_on"),
        ("Due date", "due_on"),
        ("Solde", "balance"),
        ("Restant dû", "balance"),
        ("Amount due", "balance"),
        ("Statut", "status"),
        ("Type", "kind"),
        ("Avoir", "kind"),
        ("Devise", "currency"),
        ("E-mail", "email"),
        ("Téléphone", "phone"),
        ("Adresse", "address"),
        ("Code postal", "postcode"),
        ("Ville", "city"),
        ("Pays", "country"),
        ("SIRET", "siren"),
        ("TVA intracom.", "vat_number"),
        ("N° TVA", "vat_number"),
        ("TVA", "tax"),
        ("Total HT", "total_excluding_tax"),
        ("IBAN", "iban"),
        ("customer_ibans", "iban"),
        ("N° de commande", "order_number"),
        ("po_number", "order_number"),
        ("id", "external_id"),
        ("Segment", "segment"),
        ("Langue", "language"),
    ],
)
def test_header_of_an_invoice_file_is_recognised(header: str, name: str) -> None:
    assert recognised(header) == {name: header}


@pytest.mark.parametrize(
    "names",
    [
        "number kind customer customer_code siren vat_number email phone language address postcode "
        "city country iban issued_on due_on currency total_excluding_tax tax total balance "
        "order_number external_id segment status"
    ],
)
def test_canonical_headers_are_recognised_as_themselves(names: str) -> None:
    headers = names.split()

    assert recognised(";".join(headers)) == {name: name for name in sorted(headers)}


def test_surest_header_wins_and_the_other_is_left() -> None:
    assert recognised("Montant;Total TTC;Montant HT") == {
        "total": "Total TTC",
        "total_excluding_tax": "Montant HT",
    }
    assert recognised("id;code;name", known=CUSTOMERS) == {
        "code": "id",
        "customer": "name",
        "other_code": "code",
    }
    assert recognised("code;name", known=CUSTOMERS) == {"code": "code", "customer": "name"}
    assert recognised("date;amount;payer_iban;invoice_number", known=PAYMENTS) == {
        "amount": "amount",
        "invoice_number": "invoice_number",
        "paid_on": "date",
        "payer_iban": "payer_iban",
    }


def test_content_tells_a_column_without_a_known_header() -> None:
    rows = ["FR1420041010050500013M02606;732829320;a@b.example;05/01/2026"] * 3

    assert recognised("W;X;Y;Z", *rows) == {
        "email": "Y",
        "iban": "W",
        "issued_on": "Z",
        "siren": "X",
    }


def test_two_columns_of_dates_are_not_guessed() -> None:
    assert recognised("Y;Z", *["05/01/2026;06/02/2026"] * 3) == {}


def test_column_that_the_mapping_leaves_out_stays_out() -> None:
    chosen = Choices({"Solde": ""})

    assert recognised("Solde;Total TTC", chosen=chosen) == {"total": "Total TTC"}


def test_header_is_folded() -> None:
    assert fold("  N° de la  Facture ") == "n facture"
    assert fold("Restant dû (EUR)") == "restant du"
