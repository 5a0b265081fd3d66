"""A book of business in which every text carries the mark of its organization."""

from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path

import time_machine
from django.apps import apps
from django.core.management import call_command

from common.money import Money
from common.tenancy import TenantModel, tenant_transaction
from dunning import calling, facts, holds, letters
from dunning.models import Call, Ground, Outcome
from invoices import documents
from invoices.models import Invoice
from organizations.models import Organization
from payments import allocation
from payments.models import Payment
from tests import make, ofx
from tests.isolation.rows import Rows

# The days by which the invoices of a book are late when its first round is done.
LATE = (8, 9, 11, 16, 31, 32)
# Rounds: the first email, the call, the second email, the registered letter. Then comes today.
ROUNDS = (0, 3, 10, 25)
TODAY = make.AT + timedelta(days=26)


def organization(mark: str) -> Organization:
    """Open an organization whose every text is marked."""
    owner = make.user(f"owner@{mark}.example", name=f"{mark} owner")
    made = make.organization(f"{mark} SARL", owner=owner)
    for name in ("address", "city", "phone", "signatory", "legal_footer", "vat_number"):
        setattr(made, name, f"{mark} {name}"[:20])
    made.email, made.postcode, made.siren = f"asks@{mark}.example", "44000", "732829320"
    made.save()
    return made


def fill(organization: Organization, mark: str, folder: Path) -> Rows:
    """Fill a book through the doors and verbs of the product, then a row of every model."""
    slug = organization.slug
    with tenant_transaction(organization.pk):
        late = [_invoice(organization, mark, place, days) for place, days in enumerate(LATE)]
        pdf = letters.render_pdf(f"<p>{mark}</p>")
        for one in late:
            documents.attach(one, f"{mark}.pdf", pdf, at=make.AT)
    _run("import_invoices", slug, _file(folder, f"{mark}-invoices.csv", _invoices_csv(mark)))
    _run("import_payments", slug, _file(folder, f"{mark}-payments.csv", _payments_csv(mark)))
    _run("import_statement", slug, _file(folder, f"{mark}.ofx", _statement(late[0], mark)))
    for days in ROUNDS:
        with time_machine.travel(make.AT + timedelta(days=days), tick=False):
            _run("follow_up", organization=slug)
    with tenant_transaction(organization.pk):
        _answer_for(organization, mark, late)
        rows = Rows(organization, mark)
        for model in apps.get_models():
            if issubclass(model, TenantModel):
                rows.one(model)
    return rows


def command_lines(organization: Organization) -> dict[str, str]:
    """Return what the commands that tell something say, by `/command/` and their names."""
    slug = organization.slug
    with tenant_transaction(organization.pk):
        number = Invoice.objects.earliest("pk").number
    said = {
        "export_matches": _run("export_matches", slug),
        "preview": _run("preview", slug),
        "next_action": _run("next_action", slug, number),
        "verify_history": _run("verify_history", slug),
        "follow_up": _run("follow_up", organization=slug, dry_run=True),
    }
    return {f"/command/{name}": text for name, text in said.items()}


def _run(command: str, *arguments: str, **options: object) -> str:
    said, told = StringIO(), StringIO()
    with suppress(SystemExit):  # what it refuses it says, too
        call_command(command, *arguments, json=True, stdout=said, stderr=told, **options)
    return said.getvalue() + told.getvalue()


def _invoice(organization: Organization, mark: str, place: int, days: int) -> Invoice:
    customer = make.a_customer(
        organization,
        f"{mark} client {place}",
        code=f"{mark}{place}",
        email=f"client{place}@{mark}.example",
        phone=f"+33 {mark[:18]}",
        address=f"{place} rue {mark}",
    )
    due_on = make.ON - timedelta(days=days)
    return make.invoice(
        organization,
        amounts={due_on.isoformat(): 120_000 + place},
        customer=customer,
        number=f"F{place}-{mark}",
        recorded_on=due_on - timedelta(days=20),
    )


def _answer_for(organization: Organization, mark: str, late: list[Invoice]) -> None:
    calendar = facts.calendar_of(organization)
    day = TODAY.date() + timedelta(days=4)
    promised = Money(100, "EUR")
    holds.promise(late[1], promised, day, at=TODAY, calendar=calendar)
    holds.pause_invoice(late[2], until=day, reason=f"{mark} reason", at=TODAY)
    holds.dispute(late[3], category=Ground.PRICE, reason=f"{mark} price", at=TODAY)
    make.credit_note(late[4].customer, minor=500, number=f"AV-{mark}")
    money = allocation.record(
        late[5].customer,
        promised,
        received_on=TODAY.date(),
        method=Payment.Method.CARD,
        source=Payment.Source.MANUAL,
        reference=f"{mark} reference",
        at=TODAY,
    )
    allocation.allocate(money, {late[5].pk: promised}, at=TODAY)
    call = Call.objects.open().earliest("pk")
    said = calling.Said(outcome=Outcome.NO_ANSWER, note=f"{mark} note")
    calling.note(call, said, at=TODAY, calendar=calendar)


def _file(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def _invoices_csv(mark: str) -> str:
    return (
        "Numéro;Client;E-mail;Date facture;Échéance;Montant TTC\n"
        f"I-{mark};{mark} imported;imported@{mark}.example;04/01/2026;03/02/2026;80,00\n"
        f"J-{mark};{mark} refused;imported@{mark}.example;04/01/2026;never {mark};80,00\n"
    )


def _payments_csv(mark: str) -> str:
    return (
        "Date opération;Libellé;Montant;Donneur d'ordre;IBAN émetteur;Code client;Factures\n"
        f"12/01/2026;VIR {mark};12,00;{mark} payer;;{mark}0;F0-{mark}\n"
    )


def _statement(invoice: Invoice, mark: str) -> bytes:
    amount = f"{invoice.total_minor // 100}.{invoice.total_minor % 100:02}"
    return ofx.statement(
        ofx.line("2026-02-10", amount, f"FACT {invoice.number}", fitid=f"{mark}1"),
        ofx.line("2026-02-11", "17.03", f"VIR {mark} unknown", fitid=f"{mark}2"),
    )
