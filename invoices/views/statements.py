"""The statement of account of a customer, as a page to send."""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from common import money
from dunning import composing, statements, stationery, wording
from invoices import statement_of_account
from organizations.access import OrganizationRequest, organization_page, shell


@require_GET
@organization_page()
def customer_statement(request: OrganizationRequest, customer_id: int) -> HttpResponse:
    """Give a customer's statement as PDF: in his language and the home currency unless asked."""
    organization, on = request.organization, timezone.localdate()
    found = get_object_or_404(organization.customers, pk=customer_id)
    currency = request.GET.get("currency") or organization.currency
    if not money.is_currency(currency):
        context = {**shell(request), "refusal": _("There is no such currency."), "back": ""}
        context["frame"] = "base.html"
        return render(request, "refused.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    asked = request.GET.get("language") or found.language
    language: wording.Language = "en" if asked == "en" else "fr"
    page = statements.Page(
        statement=statement_of_account.in_currency(found, currency, on=on),
        creditor=composing.creditor_in(organization, currency, written_on=stationery.in_force()),
        debtor=found.name,
        code=found.code,
        language=language,
    )
    response = HttpResponse(statements.pdf(page), content_type="application/pdf")
    name = f"{wording.words(language)['statement_file']}-{found.pk}-{on:%Y-%m-%d}.pdf"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response
