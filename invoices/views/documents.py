"""The copy of an invoice: shown, and put there."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from common import sentences, uploads
from common.errors import DomainError
from invoices import documents
from organizations.access import OrganizationRequest, organization_page
from organizations.models import Right


@require_GET
@organization_page()
def invoice_document(request: OrganizationRequest, invoice_id: int) -> HttpResponse:
    """Give the PDF of an invoice as it was received, to keep and not to run in our pages."""
    invoice = get_object_or_404(
        request.organization.invoices.select_related("document"), pk=invoice_id
    )
    if invoice.document is None:
        raise Http404
    response = HttpResponse(bytes(invoice.document.content), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{invoice.number_norm}.pdf"'
    return response


@require_POST
@organization_page(Right.WRITE, Right.COLLECT)
def attach_document(request: OrganizationRequest, invoice_id: int) -> HttpResponse:
    """Keep a PDF as the copy of an invoice."""
    invoice = get_object_or_404(request.organization.invoices, pk=invoice_id)
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, _("Choose a PDF."))
    else:
        try:
            documents.attach(invoice, file.name or "", uploads.received(file), at=timezone.now())
        except DomainError as refusal:
            messages.error(request, sentences.of_refusal(refusal))
        else:
            messages.success(request, _("The copy is kept: it leaves with the next reminder."))
    return redirect("invoice", slug=request.organization.slug, invoice_id=invoice.pk)
