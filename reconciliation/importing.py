"""Take in bank statements: each line once, whatever is uploaded again.

A file that holds a line nobody can read is held as a whole, and the report names each such line; a
person may take in the rest, and then they stay in sight, in quarantine. A file that two readers
read differently is held too, until a person has looked at it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from stdnum import iban as iban_number

from common import sentences, uploads
from common.errors import DomainError
from common.formats import money as written
from common.money import Money
from common.refusals import Refused, UploadRefused
from organizations import files, timeline
from organizations.models import Organization, StoredFile
from reconciliation import formats, freshness
from reconciliation.formats import base
from reconciliation.models import BankAccount, BankTransaction, QuarantinedLine, Statement

FORMATS = ("auto", "ofx", "camt", "mt940", "cfonb120", "qif", "csv", "xlsx")
SECONDS, MEGABYTES = 20, 512
SHORT, LONG = 40, 250  # characters, as the columns have


class LinesRefused(DomainError):
    """Some lines can't be read; nothing was taken in."""

    code = "lines_refused"

    def __init__(self, sentence: str, *, lines: Sequence[Refused]) -> None:
        super().__init__(sentence, refused=len(lines))
        self.lines = lines


class ReadersDisagree(DomainError):
    """Two readers saw another number or sum of lines; nothing was taken in."""

    code = "readers_disagree"


class WrongAccount(DomainError):
    """The file is about another account than the one that was named."""

    code = "wrong_account"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Options:
    """What a person says of a file beside it.

    Args:
        account: the IBAN of the account, for a file that names none.
        accept_partial: take in what can be read and keep the rest in quarantine.
        accept_disagreement: take in what the first reader saw though the second saw otherwise.
    """

    account: str = ""
    accept_partial: bool = False
    format: str = "auto"
    accept_disagreement: bool = False


UNSAID = Options()


@dataclass(slots=True)
class AccountReport:
    """What a file said about one account; amounts in minor units."""

    iban: str
    identity: str
    currency: str
    opening: Money | None
    closing: Money | None
    from_on: date | None
    to_on: date | None
    is_new: bool
    gap: Money | None  # what the lines leave between the two balances


@dataclass(slots=True)
class Report:
    """What came of one file."""

    file: str
    format: str
    accounts: list[AccountReport] = field(default_factory=list)
    lines: int = 0
    new: int = 0
    known: int = 0
    refused: list[Refused] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)


def import_statement(
    organization: Organization, upload: Upload, *, options: Options = UNSAID, at: datetime
) -> Report:
    """Take in one file.

    Raises:
        UploadRefused: the file as a whole can't be read.
        LinesRefused: lines of it can't, and `accept_partial` was not said.
        ReadersDisagree: it can be read in two ways, and `accept_disagreement` was not said.
        WrongAccount: it names another account than the one said.
    """
    if len(upload.content) > uploads.LARGEST_FILE:
        raise UploadRefused("too_large", megabytes=uploads.LARGEST_FILE // 2**20)
    kept = files.keep(upload.name, upload.content, at=at)
    read = uploads.run_limited(
        formats.read, upload.content, options.format, seconds=SECONDS, megabytes=MEGABYTES
    )
    refused = [line for statement in read.statements for line in statement.refused]
    if refused and not options.accept_partial:
        raise _unreadable(refused)
    if read.disagreement and not options.accept_disagreement:
        raise _disputed(upload, read.disagreement)
    second = {"second_reader": read.disagreement.facts} if read.disagreement else {}
    said = _said_account(options.account, read)
    report = Report(upload.name, read.format, refused=refused)
    accounts: dict[int, BankAccount] = {}
    for statement in read.statements:
        account, is_new = _account(organization, statement.account, said=said)
        accounts[account.pk] = account
        lines = _new_lines(account, statement)
        row = _statement(account, statement, kept, read.format, new=len(lines), at=at)
        _write(lines, account, row)
        _quarantine(row, statement.refused)
        _add(report, statement, account, row, is_new=is_new)
        timeline.record(
            "reconciliation.statement_imported",
            about={"statement": row.pk, "account": account.pk},
            data={"lines": row.lines, "new": row.new, "known": row.known, **second},
            at=at,
        )
    freshness.renew(organization, accounts.values(), on=at.astimezone(organization.zone).date())
    return report


def _unreadable(refused: Sequence[Refused]) -> LinesRefused:
    sentence = ngettext(
        "%(n)s line can’t be read, so nothing was imported.",
        "%(n)s lines can’t be read, so nothing was imported.",
        len(refused),
    )
    return LinesRefused(sentence % {"n": len(refused)}, lines=refused)


def _disputed(upload: Upload, both: base.Disagreement) -> ReadersDisagree:
    sentence = _(
        "Two readers of “%(file)s” disagree: the first saw %(first)s, the second %(second)s;"
        " nothing was imported. Look at the file, then confirm."
    )
    said = {"file": upload.name, "first": _in_words(both.first), "second": _in_words(both.second)}
    return ReadersDisagree(sentence % said, **both.facts)


def _in_words(tally: base.Tally) -> str:
    language = get_language() or "en"
    sums = ", ".join(written(amount, language) for amount in tally.sums)
    sentence = ngettext("%(n)s line (%(sums)s)", "%(n)s lines (%(sums)s)", tally.lines)
    return sentence % {"n": tally.lines, "sums": sums}


def _said_account(text: str, read: base.StatementFile) -> str:
    """Return the IBAN that a person named, if it fits the file."""
    said = iban_number.compact(text)
    if not said:
        return ""
    if not iban_number.is_valid(said):
        raise WrongAccount(_("“%(iban)s” is not an IBAN.") % {"iban": text[:SHORT]})
    named = {statement.account.iban for statement in read.statements}
    if len(named) > 1 or not named <= {"", said}:
        raise WrongAccount(_("The file is about another account than %(iban)s.") % {"iban": said})
    return str(said)


def _account(
    organization: Organization, named: base.Account, *, said: str
) -> tuple[BankAccount, bool]:
    """Lock and return the account that a file names, and whether it is seen for the first time."""
    iban = said or named.iban
    unnamed = "/".join(part for part in (named.bank, named.branch, named.number) if part)
    account, is_new = BankAccount.objects.get_or_create(
        organization=organization,
        identity=iban or unnamed[:80] or "?",
        currency=named.currency,
        defaults={"iban": iban, "confirmed": bool(iban) and iban == organization.iban},
    )
    return BankAccount.objects.filter(pk=account.pk).locked().get(), is_new


def _new_lines(
    account: BankAccount, statement: base.AccountStatement
) -> list[tuple[base.Line, str, int]]:
    """Return the lines that this account does not have, each with what makes it itself."""
    identities = base.fingerprints(statement.lines)
    known = set(
        BankTransaction.objects.filter(
            account=account, fingerprint__in={fingerprint for fingerprint, _count in identities}
        ).values_list("fingerprint", "occurrence")
    )
    return [
        (line, *identity)
        for line, identity in zip(statement.lines, identities, strict=True)
        if identity not in known
    ]


def _statement(
    account: BankAccount,
    statement: base.AccountStatement,
    kept: StoredFile,
    kind: str,
    *,
    new: int,
    at: datetime,
) -> Statement:
    days = [line.booked_on for line in statement.lines]
    row: Statement = Statement.objects.create(
        organization_id=account.organization_id,
        account=account,
        file=kept,
        format=kind,
        from_on=statement.from_on or min(days, default=None),
        to_on=statement.to_on or statement.closing_on or max(days, default=None),
        opening_minor=statement.opening_minor,
        closing_minor=statement.closing_minor,
        moved_minor=sum(line.amount_minor for line in statement.lines),
        currency=statement.account.currency,
        lines=len(statement.lines),
        new=new,
        known=len(statement.lines) - new,
        imported_at=at,
    )
    return row


def _write(
    lines: Sequence[tuple[base.Line, str, int]], account: BankAccount, statement: Statement
) -> None:
    BankTransaction.objects.bulk_create(
        [
            BankTransaction(
                organization_id=account.organization_id,
                account=account,
                statement=statement,
                booked_on=line.booked_on,
                value_on=line.value_on,
                amount_minor=line.amount_minor,
                currency=line.currency,
                name=line.name[:LONG],
                label=line.label,
                reference=line.reference[:LONG],
                operation=line.operation[:SHORT],
                fingerprint=fingerprint,
                occurrence=occurrence,
            )
            for line, fingerprint, occurrence in lines
        ],
        batch_size=2000,
    )


def _quarantine(statement: Statement, refused: Sequence[Refused]) -> None:
    QuarantinedLine.objects.bulk_create(
        QuarantinedLine(
            organization_id=statement.organization_id,
            statement=statement,
            row=line.row,
            code=line.code,
            message=sentences.of_row(line)[:LONG],
        )
        for line in refused
    )


def _add(
    report: Report,
    statement: base.AccountStatement,
    account: BankAccount,
    row: Statement,
    *,
    is_new: bool,
) -> None:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, row.currency)

    gap = None
    if row.opening_minor is not None and row.closing_minor is not None:
        gap = money(row.closing_minor - row.opening_minor - (row.moved_minor or 0)) or None
    report.accounts.append(
        AccountReport(
            iban=account.iban,
            identity=account.identity,
            currency=row.currency,
            opening=money(row.opening_minor),
            closing=money(row.closing_minor),
            from_on=row.from_on,
            to_on=row.to_on,
            is_new=is_new,
            gap=gap,
        )
    )
    report.statements.append(row.pk)
    report.lines += row.lines
    report.new += row.new
    report.known += row.known
