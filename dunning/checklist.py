"""What a letter lacks before it may be posted. It reads what is at hand, and asks nothing.

Source: what French practice puts in a formal notice; no law lists it (Code civil, art. 1344).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dunning import phrases
from dunning.models import Message
from invoices import rates
from invoices.models import Customer
from organizations.models import Organization

# Without these the post brings it to nobody.
BLOCKING = frozenset({"debtor_address", "debtor_moved"})


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing, by a code; `owner` says where it is put right."""

    code: str
    owner: str  # "organization", "customer", "invoice"; "law" for what nobody here can mend
    value: str = ""

    @property
    def blocks(self) -> bool:
        return self.code in BLOCKING

    @property
    def is_common(self) -> bool:
        """Return whether every letter of the day lacks it."""
        return self.owner in {"organization", "law"}


def is_complete(customer: Customer) -> bool:
    """Return whether the post can bring a letter to a customer."""
    return not any(gap.blocks for gap in _of_debtor(customer))


def gaps(letter: Message, *, on: date) -> list[Gap]:
    """Return what is missing for a letter of a day; it came with customer, organization, acts."""
    invoices = {act.instalment.invoice.number: act.instalment.invoice for act in letter.acts.all()}
    without = [number for number, invoice in invoices.items() if invoice.document_id is None]
    return [
        *_of_debtor(letter.customer),
        *_of_creditor(letter.organization),
        *(Gap("copy", "invoice", number) for number in without),
        *_of_law(on),
    ]


def _of_law(on: date) -> Iterable[Gap]:
    """Return what nobody knew yet: interest is claimed only at a published rate."""
    if rates.refinancing(on) is None:
        yield Gap("interest_rate", "law")


def _of_creditor(organization: Organization) -> Iterable[Gap]:
    needed = {
        "creditor_address": organization.address and organization.postcode and organization.city,
        "creditor_siren": organization.siren,
        "creditor_iban": organization.iban,
        "creditor_signatory": organization.signatory,
        "creditor_signatory_title": organization.signatory_title or not organization.signatory,
    }
    return [Gap(code, "organization") for code, value in needed.items() if not value]


def _of_debtor(customer: Customer) -> Iterable[Gap]:
    if not (customer.address.strip() and customer.city and _has_postcode(customer)):
        yield Gap("debtor_address", "customer")
    elif customer.address_failed_at is not None:
        yield Gap("debtor_moved", "customer")
    elif not phrases.fits_window(
        customer.name, [*customer.address.splitlines(), f"{customer.postcode} {customer.city}"]
    ):
        yield Gap("debtor_window", "customer")
    if customer.country == "FR" and not customer.siren:
        yield Gap("debtor_siren", "customer")


def _has_postcode(customer: Customer) -> bool:
    """Return whether the post can sort it; some countries have no postcodes."""
    return bool(customer.postcode) or customer.country != "FR"
