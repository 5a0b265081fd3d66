"""What the pages of a customer and of an invoice say about the scenario that is followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from dunning import following, scenarios
from dunning.models import Scenario, ScenarioOverride
from dunning.scenario_forms import Followed
from invoices.models import Customer, Invoice
from organizations.models import Organization


@dataclass(frozen=True, slots=True)
class Shown:
    """Which scenarios are followed, how many invoices a choice would be for, and the choice."""

    names: tuple[str, ...]
    invoices: int
    form: Followed


def of_customer(organization: Organization, customer: Customer, *, on: date) -> Shown:
    """Return what the open invoices of a customer follow."""
    return _shown(organization, list(customer.invoices.open()), Q(customer=customer), on=on)


def of_invoice(organization: Organization, invoice: Invoice, *, on: date) -> Shown:
    """Return what an invoice follows."""
    return _shown(organization, [invoice], Q(invoice=invoice), on=on)


def _shown(organization: Organization, invoices: Sequence[Invoice], about: Q, *, on: date) -> Shown:
    found = following.of_invoices(organization, invoices, on=on)
    present = list(Scenario.objects.order_by("name"))
    called = {one.pk: scenarios.label(one.name) for one in present}
    chosen = ScenarioOverride.objects.filter(about).values_list("scenario_id", flat=True).first()
    return Shown(
        names=tuple(sorted({called[key] for key in found.values()})),
        invoices=len(invoices),
        form=Followed(
            present=[one for one in present if one.archived_at is None],
            initial={"scenario": str(chosen or "")},
        ),
    )
