"""Taking files in: what each brought, and what it could not."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from common import sentences, uploads
from common.errors import DomainError
from common.htmx import refuse
from dunning import einvoice_importing, facts
from invoices import documents, importing, refused_rows
from invoices.forms import TakeIn
from invoices.importing import Report
from invoices.models import ImportedFile
from invoices.sources.columns import Choices
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

LATEST = 10
PAGE = 100

Named = tuple[str, bytes]  # a file: its name and its content


@require_http_methods(["GET", "POST"])
@organization_page(Right.WRITE)
def take_in(request: OrganizationRequest) -> HttpResponse:
    """Take files in, all of them or none, and show what came of them."""
    form = TakeIn(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            files = [
                (file.name or "", uploads.received(file)) for file in request.FILES.getlist("file")
            ]
            copies = [one for one in files if uploads.recognise(one[1]) == "pdf"]
            reports = _take_in(request, form, [one for one in files if one not in copies])
            _attach(request, copies)
        except DomainError as refusal:
            form.add_error(_field(refusal), sentences.of_refusal(refusal))
        else:
            if len(reports) == 1:
                return redirect(
                    "imported",
                    slug=request.organization.slug,
                    imported_id=reports[0].imported_id,
                )
            return redirect("import", slug=request.organization.slug)
    latest = ImportedFile.objects.filter(organization=request.organization)
    context = {
        **shell(request),
        "form": form,
        "latest": latest.select_related("file").defer("file__content").order_by("-pk")[:LATEST],
    }
    if form.errors:
        return refuse(request, "invoices/import.html", context)
    return render(request, "invoices/import.html", context)


@require_GET
@organization_page()
def imported(request: OrganizationRequest, imported_id: int) -> HttpResponse:
    """Show what came of one file, and each row that was refused, with its reason."""
    found = _imported(request, imported_id)
    context = {
        **shell(request),
        "section": "import",
        "imported": found,
        "page": Paginator(found.report["rejected"], PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "invoices/imported.html", context)


@require_GET
@organization_page()
def refused_csv(request: OrganizationRequest, imported_id: int) -> HttpResponse:
    """Give the refused rows back as a file, each with its reason."""
    content = refused_rows.as_csv(_imported(request, imported_id))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-rows-{imported_id}.csv"'
    return response


def _attach(request: OrganizationRequest, copies: list[Named]) -> None:
    """Keep PDFs as the copies of the invoices that their names say."""
    done = documents.attach_by_name(copies, at=timezone.now())
    if done.numbers:
        count = len(done.numbers)
        kept = ngettext("%(n)s copy is kept.", "%(n)s copies are kept.", count)
        messages.success(request, kept % {"n": count})
    for name in done.unknown:
        unknown = _("%(file)s names no invoice: put its number in the name of the file.")
        messages.warning(request, unknown % {"file": name[:60]})


def _take_in(request: OrganizationRequest, form: TakeIn, tables: list[Named]) -> list[Report]:
    organization, at = request.organization, timezone.now()
    said = form.cleaned_data
    choices = Choices(
        decimal_sign=said["decimal_sign"] or None,
        date_order=said["date_order"] or None,
        currency=organization.currency,
    )
    reports = []
    for name, content in tables:
        if said["kind"] == ImportedFile.Kind.CUSTOMERS:
            report = importing.import_customers(organization, name, content, mapping=choices, at=at)
        elif said["kind"] == ImportedFile.Kind.EINVOICE_STATUSES:
            calendar = facts.calendar_of(organization)
            report = einvoice_importing.import_statuses(
                organization, name, content, mapping=choices, at=at, calendar=calendar
            )
        else:
            report = importing.import_invoices(
                organization, name, content, mapping=choices, on=timezone.localdate(at), at=at
            )
        reports.append(report)
    return reports


def _field(refusal: DomainError) -> str:
    """Return the field whose answer would help."""
    return {
        "ambiguous_date": "date_order",
        "ambiguous_amount": "decimal_sign",
    }.get(refusal.code, "file")


def _imported(request: OrganizationRequest, imported_id: int) -> ImportedFile:
    found: ImportedFile = get_object_or_404(
        request.organization.imported_files.select_related("file"), pk=imported_id
    )
    return found
