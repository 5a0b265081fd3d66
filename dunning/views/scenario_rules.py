"""The rules that choose a scenario, and the choices by hand for a customer or an invoice."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from common.errors import DomainError
from common.htmx import refuse
from dunning import assigning, following, scenario_forms, scenarios
from dunning.assigning import RuleDraft
from dunning.models import Scenario
from dunning.scenario_forms import Followed, RuleForms
from invoices.models import Customer, Invoice
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

TEMPLATE = "dunning/scenario_rules.html"


@require_http_methods(["GET", "POST"])
@organization_page(Right.SETTINGS)
def rules(request: OrganizationRequest) -> HttpResponse:
    """Show the rules in their order; change them, or see first who would change."""
    if request.method == "GET":
        now = assigning.rules()
        return render(request, TEMPLATE, _context(request, now, assigning.fingerprint(now)))
    forms = RuleForms(request.POST, form_kwargs=_options(request))
    read = request.POST.get("read", "")
    refusals: list[str] = []
    if forms.is_valid():
        drafted = _drafted(forms)
        try:
            assigning.check(drafted)
            if request.POST.get("do") != "save":
                return _tried(request, drafted, read)
            assigning.write_rules(request.organization, drafted, read=read, at=timezone.now())
        except DomainError as refusal:
            refusals.append(str(refusal))
        else:
            messages.success(request, _("The rules are saved."))
            return redirect("scenarios", slug=request.organization.slug)
    context = {**_context(request, [], read), "forms": forms, "refusals": refusals}
    return refuse(request, TEMPLATE, context)


@require_POST
@organization_page(Right.SETTINGS)
def choose_for_customer(request: OrganizationRequest, customer_id: int) -> HttpResponse:
    """Let a customer follow a scenario whatever the rules say, or the rules again."""
    customer: Customer = get_object_or_404(request.organization.customers, pk=customer_id)
    form = Followed(request.POST, present=_living(request))
    if form.is_valid():
        assigning.choose_for_customer(customer, form.chosen(), at=timezone.now())
        messages.success(request, _("The scenario of this customer is noted."))
    else:
        messages.error(request, _("There is no such scenario."))
    return redirect("customer", slug=request.organization.slug, customer_id=customer.pk)


@require_POST
@organization_page(Right.SETTINGS)
def choose_for_invoice(request: OrganizationRequest, invoice_id: int) -> HttpResponse:
    """Let an invoice follow a scenario of its own, or its customer's again."""
    invoice: Invoice = get_object_or_404(request.organization.invoices, pk=invoice_id)
    form = Followed(request.POST, present=_living(request))
    if form.is_valid():
        assigning.choose_for_invoice(invoice, form.chosen(), at=timezone.now())
        messages.success(request, _("The scenario of this invoice is noted."))
    else:
        messages.error(request, _("There is no such scenario."))
    return redirect("invoice", slug=request.organization.slug, invoice_id=invoice.pk)


def _tried(request: OrganizationRequest, drafted: Sequence[RuleDraft], read: str) -> HttpResponse:
    """Show the rules in the order that they would have, and how many customers would change."""
    organization = request.organization
    before = scenarios.choices(organization)
    rules = [rule.as_rule(currency=organization.currency) for rule in drafted]
    changed = following.changing(
        organization, before, before.with_rules(rules), on=timezone.localdate()
    )
    context = _context(request, drafted, read)
    context["changing"] = ngettext(
        "%(n)s customer would change.", "%(n)s customers would change.", len(changed)
    ) % {"n": len(changed)}
    return render(request, TEMPLATE, context)


def _drafted(forms: Any) -> list[RuleDraft]:
    """Return the rules that were sent, by their places; the empty last one is none."""
    said = [one for one in forms.forms if one.cleaned_data and one not in forms.deleted_forms]
    return [form.draft() for form in sorted(said, key=lambda form: form.cleaned_data["place"])]


def _context(
    request: OrganizationRequest, drafted: Sequence[RuleDraft], read: str
) -> dict[str, Any]:
    currency = request.organization.currency
    initial = scenario_forms.initial_rules(drafted, currency=currency)
    return {
        **shell(request),
        "section": "scenarios",
        "forms": RuleForms(initial=initial, form_kwargs=_options(request)),
        "read": read,
        "default": scenarios.label(scenarios.default(request.organization).name),
    }


def _options(request: OrganizationRequest) -> dict[str, Any]:
    return {"currency": request.organization.currency, "present": _living(request)}


def _living(request: OrganizationRequest) -> list[Scenario]:
    return list(request.organization.scenarios.living().order_by("name"))
