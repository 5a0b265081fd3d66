"""Reasons to wait: noting and ending them, from the pages of what they cover."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from common.errors import DomainError
from dunning import facts, holds
from dunning.forms import Contested, EndOfPause, Promise
from dunning.models import Hold
from invoices.models import Customer
from organizations.access import OrganizationRequest, organization_page
from organizations.models import Right


@require_POST
@organization_page(Right.COLLECT)
def promise(request: OrganizationRequest, invoice_id: int) -> HttpResponse:
    """Note that a debtor will pay an invoice."""
    invoice = get_object_or_404(request.organization.invoices, pk=invoice_id)
    form = Promise(request.POST, currency=invoice.currency)
    if form.is_valid():
        try:
            holds.promise(
                invoice,
                form.cleaned_data["amount"],
                form.cleaned_data["promised_on"],
                at=timezone.now(),
                calendar=facts.calendar_of(request.organization),
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    return _back_to(
        request, "invoice", form, done=_("The promise is noted."), invoice_id=invoice_id
    )


@require_POST
@organization_page(Right.COLLECT)
def dispute(request: OrganizationRequest, invoice_id: int) -> HttpResponse:
    """Note that a debtor contests an invoice."""
    invoice = get_object_or_404(request.organization.invoices, pk=invoice_id)
    form = Contested(request.POST, currency=invoice.currency)
    if form.is_valid():
        try:
            holds.dispute(invoice, **form.cleaned_data, at=timezone.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    return _back_to(
        request, "invoice", form, done=_("The dispute is noted."), invoice_id=invoice_id
    )


@require_POST
@organization_page(Right.COLLECT)
def pause_invoice(request: OrganizationRequest, invoice_id: int) -> HttpResponse:
    """Keep an invoice quiet until a day."""
    invoice = get_object_or_404(request.organization.invoices, pk=invoice_id)
    form = EndOfPause(request.POST)
    if form.is_valid():
        try:
            holds.pause_invoice(invoice, **form.cleaned_data, at=timezone.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    return _back_to(
        request, "invoice", form, done=_("The invoice is paused."), invoice_id=invoice_id
    )


@require_POST
@organization_page(Right.COLLECT)
def pause_customer(request: OrganizationRequest, customer_id: int) -> HttpResponse:
    """Keep a customer quiet until a day."""
    customer: Customer = get_object_or_404(request.organization.customers, pk=customer_id)
    form = EndOfPause(request.POST)
    if form.is_valid():
        try:
            holds.pause_customer(customer, **form.cleaned_data, at=timezone.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    done = _("The customer is paused.")
    return _back_to(request, "customer", form, done=done, customer_id=customer_id)


@require_POST
@organization_page(Right.COLLECT)
def end_hold(request: OrganizationRequest, hold_id: int) -> HttpResponse:
    """End a hold before its time."""
    hold: Hold = get_object_or_404(request.organization.holds, pk=hold_id)
    holds.end(hold, at=timezone.now())
    messages.success(request, _("The hold is ended."))
    if hold.invoice_id is not None:
        return redirect("invoice", slug=request.organization.slug, invoice_id=hold.invoice_id)
    if hold.customer_id is not None:
        return redirect("customer", slug=request.organization.slug, customer_id=hold.customer_id)
    return redirect("reminders", slug=request.organization.slug)


def _back_to(
    request: OrganizationRequest, page: str, form: Any, *, done: str, **key: int
) -> HttpResponse:
    """Go back to what a form was about; what was wrong with it is said there."""
    for errors in form.errors.values():
        for error in errors:
            messages.error(request, error)
    if not form.errors:
        messages.success(request, done)
    return redirect(reverse(page, kwargs={"slug": request.organization.slug, **key}))
