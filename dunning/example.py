"""An invoice to show a step on: the one that owes most, as the step would find it."""

from datetime import timedelta

from django.db.models import F

from dunning import choosing, ladder, scenarios
from dunning.drafts import StepDraft
from dunning.models import Step
from dunning.planning import Contacting
from invoices.models import Instalment
from organizations.models import Organization


def contact(organization: Organization, step: Step) -> Contacting | None:
    """Return what a step would ask, on its own day; None while nobody owes anything."""
    part: Instalment | None = (
        organization.instalments.open()
        .select_related("invoice", "customer")
        .order_by((F("amount_minor") - F("settled_minor")).desc(), "pk")
        .first()
    )
    if part is None:
        return None
    drafted = StepDraft(**{name: getattr(step, name) for name in scenarios.FIELDS})
    rung = choosing.rung(drafted, currency=organization.currency).step
    act = ladder.Act(part.pk, part.invoice.number, part.cycle, rung, rung.rule)
    on = part.due_on + timedelta(days=step.offset_days)
    return Contacting(on, part.customer_id, part.customer.code, (act,))
