"""The pages of letters: to print, to post, posted."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dunning import composing, delivery, letters, waiting
from dunning.models import Message, with_acts
from dunning.views.reminders import find
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Role

PAGE = 50


@require_GET
@organization_page()
def letters_page(request: OrganizationRequest) -> HttpResponse:
    """List the letters to post, and those that were."""
    to_post = waiting.to_post(on=timezone.localdate()).order_by("written_on", "pk")
    posted = Message.objects.filter(channel__in=waiting.BY_POST, state=Message.State.SENT)
    context = {
        **shell(request),
        "to_post": to_post.select_related("customer").prefetch_related(with_acts())[:200],
        "posted": posted.select_related("customer").order_by("-sent_at", "-pk")[:PAGE],
        "may_act": request.membership.may_collect,
    }
    return render(request, "dunning/letters.html", context)


@require_GET
@organization_page()
def letter_pdf(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Give a letter as it is posted, or was."""
    found = find(request, message_id)
    acts = list(found.acts.all())
    if found.channel not in waiting.BY_POST or not (found.html or acts):
        raise Http404
    html = found.html or composing.written(found, acts).html
    response = HttpResponse(letters.render_pdf(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.customer.code}-{found.pk}.pdf"'
    return response


@require_POST
@organization_page(Role.COLLECTOR)
def letter_posted(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Note that a letter was posted."""
    delivery.mark_posted(find(request, message_id), at=timezone.now())
    messages.success(request, _("The letter is noted as posted."))
    return redirect("letters", slug=request.organization.slug)
