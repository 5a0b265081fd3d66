"""Whom to ask: adding a contact to a customer, and correcting one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from invoices import recording
from invoices.forms import ContactForm
from organizations.access import OrganizationRequest, organization_page
from organizations.models import Right


@require_POST
@organization_page(Right.COLLECT)
def add_contact(request: OrganizationRequest, customer_id: int) -> HttpResponse:
    """Add someone who can be asked."""
    customer = get_object_or_404(request.organization.customers, pk=customer_id)
    form = ContactForm(request.POST)
    if form.is_valid():
        recording.record_contact(customer, form.cleaned_data, at=timezone.now())
        messages.success(request, _("The contact is added."))
    return _back(request, form, customer.pk)


@require_POST
@organization_page(Right.COLLECT)
def change_contact(request: OrganizationRequest, contact_id: int) -> HttpResponse:
    """Correct a contact; a new address has not failed yet."""
    contact = get_object_or_404(request.organization.contacts, pk=contact_id)
    form = ContactForm(request.POST)
    if form.is_valid():
        recording.update_contact(contact, form.cleaned_data, at=timezone.now())
        messages.success(request, _("The contact is corrected."))
    return _back(request, form, contact.customer_id)


def _back(request: OrganizationRequest, form: ContactForm, customer_id: int) -> HttpResponse:
    for errors in form.errors.values():
        for error in errors:
            messages.error(request, str(error))
    return redirect("customer", slug=request.organization.slug, customer_id=customer_id)
