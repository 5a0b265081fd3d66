"""The pages of what debtors answer: one answer, its files, and saying that it was read."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dunning import facts, holds, reading
from dunning.forms import Contested, Promise, SaysPaid
from dunning.models import Reply, ReplyFile
from invoices.models import Invoice
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

PDF = "application/pdf"


@require_GET
@organization_page()
def reply(request: OrganizationRequest, reply_id: int) -> HttpResponse:
    """Show what a debtor answered, to which message, and what can be done about it."""
    related = ("customer", "contact", "message", "hold")
    found = get_object_or_404(request.organization.replies.select_related(*related), pk=reply_id)
    about = Invoice.objects.filter(instalments__acts__message=found.message_id).distinct()
    invoices = list(about.order_by("pk"))
    context = {
        **shell(request),
        "section": "cases",
        "reply": found,
        "files": list(found.reply_files.select_related("file").defer("file__content")),
        "rows": [_row(invoice) for invoice in invoices],
    }
    return render(request, "dunning/reply.html", context)


@require_POST
@organization_page(Right.COLLECT)
def read(request: OrganizationRequest, reply_id: int) -> HttpResponse:
    """Note that an answer was read: asking goes on."""
    found: Reply = get_object_or_404(request.organization.replies, pk=reply_id)
    reading.mark_read(found, at=timezone.now())
    messages.success(request, _("The answer is read: reminders go on."))
    return redirect("cases", slug=request.organization.slug)


@require_GET
@organization_page()
def reply_file(request: OrganizationRequest, reply_id: int, number: int) -> HttpResponse:
    """Give a file that came with an answer; what is no PDF is only kept, never shown."""
    found: ReplyFile = get_object_or_404(
        ReplyFile.objects.select_related("file"),
        organization=request.organization,
        reply=reply_id,
        number=number,
    )
    content = bytes(found.file.content)
    is_pdf = found.content_type == PDF and content[:5] == b"%PDF-"
    response = HttpResponse(content, content_type=PDF if is_pdf else "application/octet-stream")
    disposition = content_disposition_header(not is_pdf, found.name)
    response["Content-Disposition"] = disposition or "attachment"
    return response


@require_POST
@organization_page(Right.COLLECT)
def says_paid(request: OrganizationRequest, invoice_id: int) -> HttpResponse:
    """Note that a debtor says an invoice is paid; it is quiet while the money is looked for."""
    invoice = get_object_or_404(request.organization.invoices, pk=invoice_id)
    form = SaysPaid(request.POST)
    if form.is_valid():
        holds.says_paid(
            invoice,
            **form.cleaned_data,
            at=timezone.now(),
            calendar=facts.calendar_of(request.organization),
        )
        messages.success(request, _("Noted: the money is looked for, and reminders wait."))
    for errors in form.errors.values():
        for error in errors:
            messages.error(request, str(error))
    return redirect("invoice", slug=request.organization.slug, invoice_id=invoice.pk)


def _row(invoice: Invoice) -> dict[str, object]:
    prefix = f"i{invoice.pk}"
    return {
        "invoice": invoice,
        "promise_form": Promise(
            currency=invoice.currency, auto_id=f"{prefix}_%s", initial={"amount": invoice.balance}
        ),
        "dispute_form": Contested(currency=invoice.currency, auto_id=f"{prefix}_d_%s"),
        "paid_form": SaysPaid(auto_id=f"{prefix}_p_%s"),
    }
