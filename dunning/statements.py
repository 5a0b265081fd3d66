"""A statement of account as a page for the debtor, in his language. Values in, pages out."""

from dataclasses import dataclass

from django.template.loader import render_to_string

from dunning import letters, phrases, wording
from dunning.wording import Language
from dunning.writing import Creditor
from invoices.statement_of_account import Item, StatementOfAccount


@dataclass(frozen=True, slots=True)
class Page:
    """All that a page of a statement needs; drawing it takes no database."""

    statement: StatementOfAccount
    creditor: Creditor
    debtor: str
    code: str
    language: Language


def html(page: Page) -> str:
    """Return the page as HTML."""
    words, language, statement = wording.words(page.language), page.language, page.statement
    overdue = statement.overdue
    return render_to_string(
        "letters/statement.html",
        {
            "language": language,
            "words": words,
            "creditor": page.creditor,
            "siren": phrases.siren(page.creditor.siren),
            "iban": phrases.iban(page.creditor.iban),
            "debtor": page.debtor,
            "code": page.code,
            "as_of": words["statement_as_of"].format(
                date=phrases.day(statement.on, language), currency=statement.currency
            ),
            "rows": [_row(item, page) for item in statement.items],
            "balance": phrases.amount(statement.balance, language),
            "overdue": phrases.amount(overdue, language) if overdue else "",
        },
    )


def pdf(page: Page) -> bytes:
    """Return the page as PDF."""
    return letters.render_pdf(html(page))


def _row(item: Item, page: Page) -> dict[str, str]:
    words, language = wording.words(page.language), page.language
    late = (page.statement.on - item.due_on).days if item.due_on is not None else 0
    return {
        "name": words[f"statement_{item.kind}"].format(number=item.number),
        "issued": phrases.day(item.issued_on, language),
        "due": phrases.day(item.due_on, language) if item.due_on is not None else "",
        "late": phrases.lateness(late, language) if late > 0 else "",
        "amount": phrases.amount(item.amount, language),
        "left": phrases.amount(item.left, language),
        "balance": phrases.amount(item.balance, language),
    }
