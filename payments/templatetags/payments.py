"""The form that records a payment, for pages of the floors below."""

from typing import Any

from django import template
from django.utils import timezone

from invoices.models import Invoice
from payments.forms import RecordPayment

register = template.Library()


@register.inclusion_tag("payments/record_form.html", takes_context=True)
def record_payment_form(context: dict[str, Any], invoice: Invoice) -> dict[str, Any]:
    """Draw a form that records a payment of one invoice and comes back to this page."""
    form = RecordPayment(currency=invoice.currency, owed=invoice.balance, on=timezone.localdate())
    return {
        "form": form,
        "invoice": invoice,
        "organization": context["organization"],
        "next": context["request"].get_full_path(),
        "csrf_token": context.get("csrf_token"),
    }
