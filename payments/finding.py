"""Find the open invoices, and the customers, that a person means by a few words."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from invoices.models import Customer, Invoice

MOST_INVOICES, MOST_CUSTOMERS = 30, 5


def open_invoices(words: str, *, currency: str = "") -> list[Invoice]:
    """Return open invoices by number, or by their customer's name or code, the oldest first.

    Args:
        words: several numbers may be separated by `|`.
    """
    found: QuerySet[Invoice] = Invoice.objects.filter(_any(words)).open()
    if currency:
        found = found.filter(currency=currency)
    return list(
        found.select_related("customer")
        .prefetch_related("instalments")
        .order_by("issued_on", "pk")[:MOST_INVOICES]
    )


def customers(words: str) -> list[Customer]:
    """Return customers by name or code."""
    text = words.strip()
    if not text:
        return []
    found = Customer.objects.filter(Q(name__icontains=text) | Q(code__iexact=text))
    return list(found.order_by("name", "pk")[:MOST_CUSTOMERS])


def named_exactly(words: str, invoices: Sequence[Invoice]) -> list[int]:
    """Return the invoices whose whole number was written, or whose last digits were."""
    asked = {_norm(part) for part in words.split("|") if _norm(part)}
    return [
        invoice.pk
        for invoice in invoices
        if any(_is_named(invoice.number_norm, part) for part in asked)
    ]


def _any(words: str) -> Q:
    condition = Q()
    for part in words.split("|"):
        text, norm = part.strip(), _norm(part)
        if not text:
            continue
        condition |= Q(customer__name__icontains=text) | Q(customer__code__iexact=text)
        if norm:
            condition |= Q(number_norm__contains=norm)
    return condition or Q(pk__in=[])


def _is_named(number: str, part: str) -> bool:
    return number == part or (part.isdecimal() and len(part) > 2 and number.endswith(part))  # noqa: PLR2004  # fewer digits end too many numbers


def _norm(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())
