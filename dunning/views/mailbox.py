"""The mail that stayed on this machine, for members of the organization to read."""

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from common.headers import sandboxed
from dunning import mailparts
from dunning.channels import registry
from dunning.models import Channel, LocalMail, Message
from organizations.access import OrganizationRequest, organization_page, shell

PAGE = 50
PDF = "application/pdf"
CARRIED = (Channel.SMS, Channel.REGISTERED_LETTER)


@require_GET
@organization_page()
def mailbox(request: OrganizationRequest) -> HttpResponse:
    """List the mail that stayed here, the latest first."""
    _refuse_without_mailbox()
    found = LocalMail.objects.order_by("-pk").defer("content")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    count = page.paginator.count
    summary = ngettext("%(n)s email", "%(n)s emails", count) % {"n": count}
    context = {**shell(request), "page": page, "summary": summary, "carried": _carried()}
    return render(request, "dunning/mailbox.html", context)


@require_GET
@organization_page()
def mail(request: OrganizationRequest, mail_id: int) -> HttpResponse:
    """Show one email as it would have arrived."""
    _refuse_without_mailbox()
    found = get_object_or_404(request.organization.local_mails, pk=mail_id)
    context = {**shell(request), "mail": found, "parts": mailparts.parts(found.content)}
    return render(request, "dunning/mail.html", {**context, "section": "mailbox"})


@require_GET
@xframe_options_sameorigin
@organization_page()
def mail_html(request: OrganizationRequest, mail_id: int) -> HttpResponse:
    """Give the formatted part of an email, for a frame that may do nothing."""
    _refuse_without_mailbox()
    found = get_object_or_404(request.organization.local_mails, pk=mail_id)
    return sandboxed(mailparts.parts(found.content).html)


@require_GET
@organization_page()
def mail_file(request: OrganizationRequest, mail_id: int, number: int) -> HttpResponse:
    """Give a file that an email brings; what is no PDF is only kept, never shown."""
    _refuse_without_mailbox()
    found = get_object_or_404(request.organization.local_mails, pk=mail_id)
    file = mailparts.file(found.content, number)
    if file is None:
        raise Http404
    is_pdf = file.content_type == PDF
    content_type = PDF if is_pdf else "application/octet-stream"
    response = HttpResponse(file.content, content_type=content_type)
    disposition = content_disposition_header(not is_pdf, file.name or "file")
    response["Content-Disposition"] = disposition or "attachment"
    return response


@require_GET
@organization_page()
def mail_source(request: OrganizationRequest, mail_id: int) -> HttpResponse:
    """Give an email byte for byte."""
    _refuse_without_mailbox()
    found = get_object_or_404(request.organization.local_mails, pk=mail_id)
    response = HttpResponse(bytes(found.content), content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="{found.pk}.eml"'
    return response


def _carried() -> QuerySet[Message]:
    """Return the last SMS and letters that a stand-in on this machine took, if there is one."""
    taken = Message.objects.filter(channel__in=CARRIED, state=Message.State.SENT)
    if not registry.stays_here():
        return taken.none()
    return taken.exclude(provider="").select_related("customer").order_by("-sent_at", "-pk")[:PAGE]


def _refuse_without_mailbox() -> None:
    if not settings.MAIL_STAYS_HERE:
        raise Http404
