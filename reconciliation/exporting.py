"""Bank lines and what came of them, as programs read it."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch, Q

from common import sentences
from common.money import Money, total
from payments.models import Allocation
from reconciliation import candidates, wording
from reconciliation.importing import Report
from reconciliation.matching import Outcome
from reconciliation.models import BankTransaction, Match

SLICE = 1000


def with_matches(lines: Any) -> Any:
    """Fetch what `document` reads, in a few queries whatever the number of lines."""
    standing = Allocation.objects.filter(amount_minor__gt=0, reversals__isnull=True)
    matches = Match.objects.filter(undone_at__isnull=True).select_related("payment")
    return lines.select_related("account").prefetch_related(
        Prefetch(
            "matches",
            queryset=matches.prefetch_related(
                Prefetch(
                    "payment__allocations",
                    queryset=standing.select_related("invoice").order_by("pk"),
                    to_attr="standing",
                )
            ),
            to_attr="standing",
        )
    )


def documents() -> Iterator[dict[str, Any]]:
    """Yield every bank line of the open organization, by day, as `export_matches` prints it."""
    day, key = None, 0
    while True:
        lines = BankTransaction.objects.order_by("booked_on", "pk")
        if day is not None:
            lines = lines.filter(Q(booked_on__gt=day) | Q(booked_on=day, pk__gt=key))
        part = list(with_matches(lines)[:SLICE])
        yield from page(part)
        if len(part) < SLICE:
            return
        day, key = part[-1].booked_on, part[-1].pk


def page(lines: list[BankTransaction]) -> list[dict[str, Any]]:
    """Return lines that came through `with_matches` as documents."""
    suggested = [line for line in lines if line.state == BankTransaction.State.SUGGESTED]
    proposed = candidates.proposed(suggested)
    return [_document(line, proposed.get(line.pk, [])) for line in lines]


def report(files: list[Report], outcome: Outcome | None) -> dict[str, Any]:
    """Return what an import did, as `import_statement` prints it; None when nothing was matched."""
    counts = outcome or Outcome(0, 0, 0)
    return {
        "files": [_file(one) for one in files],
        "applied": counts.applied,
        "suggested": counts.suggested,
        "unmatched": counts.unmatched,
    }


def _document(line: BankTransaction, proposed: list[Any]) -> dict[str, Any]:
    match = next(iter(getattr(line, "standing", [])), None)
    allocations = match.payment.standing if match else []
    parts = [(one.invoice, one.amount) for one in allocations]
    parts = parts or [(invoice, invoice.balance) for invoice in proposed]
    used = total((amount for _invoice, amount in parts), currency=line.currency)
    left = line.amount - used if line.amount_minor > 0 else Money(0, line.currency)
    return {
        "reference": line.reference,
        "account": line.account.iban or line.account.identity,
        "date": line.booked_on.isoformat(),
        "amount": line.amount.amount,
        "currency": line.currency,
        "label": line.label,
        "state": line.state,
        "allocations": [
            {"invoice": invoice.number, "amount": amount.amount} for invoice, amount in parts
        ],
        "write_off": None,
        "unallocated": left.amount,
        "method": line.method,
        "reasons": wording.reasons(line.reasons),
    }


def _file(report: Report) -> dict[str, Any]:
    return {
        "file": report.file,
        "format": report.format,
        "accounts": [
            {
                "iban": said.iban,
                "account": said.identity,
                "currency": said.currency,
                "opening": said.opening.amount if said.opening else None,
                "closing": said.closing.amount if said.closing else None,
                "from": said.from_on.isoformat() if said.from_on else None,
                "to": said.to_on.isoformat() if said.to_on else None,
                "new": said.is_new,
                "gap": said.gap.amount if said.gap else None,
            }
            for said in report.accounts
        ],
        "lines": report.lines,
        "new": report.new,
        "known": report.known,
        "quarantined": [
            {"row": line.row, "code": line.code, "message": sentences.of_row(line)}
            for line in report.refused
        ],
    }
