"""The pages of letters: checked, printed in one go, posted."""

from datetime import date, datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from common.errors import DomainError
from common.fields import key
from dunning import checklist, composing, delivery, enclosures, letters, phrases, tasks, waiting
from dunning.forms import Posted
from dunning.models import Channel, Message, with_acts
from dunning.views.reminders import find
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

PAGE = 50
MOST_AT_ONCE = 50  # letters in one PDF
NUMBER = 40  # characters of a registered letter's number
PDF = "application/pdf"


@require_GET
@organization_page()
def letters_page(request: OrganizationRequest) -> HttpResponse:
    """List the letters to post, each with what it lacks, and those that were posted."""
    posted = Message.objects.filter(channel__in=waiting.BY_POST, state=Message.State.SENT)
    to_post = _to_post()
    rows = [{"letter": letter, "gaps": checklist.gaps(letter)} for letter in to_post]
    context = {
        **shell(request),
        "rows": rows,
        "posted": posted.select_related("customer").order_by("-sent_at", "-pk")[:PAGE],
        "form": Posted(initial={"posted_on": timezone.localdate()}),
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
    return _pdf(letters.render_pdf(html), f"{found.customer.code}-{found.pk}.pdf")


@require_GET
@organization_page()
def batch_pdf(request: OrganizationRequest) -> HttpResponse:
    """Give the letters that are ticked as one PDF in the order of their envelopes.

    A list comes first; behind each letter stand the copies of its invoices.
    """
    chosen = {key(text) for text in request.GET.getlist("letter")}
    found = [letter for letter in _to_post() if letter.pk in chosen][:MOST_AT_ONCE]
    if not found:
        messages.error(request, _("Tick at least one letter."))
        return redirect("letters", slug=request.organization.slug)
    parts = [letters.render_pdf(_cover(request, found))]
    for letter in found:
        acts = list(letter.acts.all())
        parts.append(letters.render_pdf(composing.written(letter, acts).html))
        parts += [bytes(copy.content) for _number, copy in enclosures.copies(acts)]
    return _pdf(letters.batch(parts), f"courriers-{timezone.localdate():%Y-%m-%d}.pdf")


@require_POST
@organization_page(Right.COLLECT)
def letters_posted(request: OrganizationRequest) -> HttpResponse:
    """Note that the letters that are ticked were posted; copies leave by email."""
    form = Posted(request.POST)
    chosen = {key(text) for text in request.POST.getlist("letter")}
    letters_ticked = [letter for letter in _to_post() if letter.pk in chosen]
    if not form.is_valid() or not letters_ticked:
        messages.error(request, _("Tick at least one letter, and give the day it was posted."))
        return redirect("letters", slug=request.organization.slug)
    at = _moment(form.cleaned_data["posted_on"])
    for letter in letters_ticked:
        number = request.POST.get(f"number-{letter.pk}", "").strip()[:NUMBER]
        copy = delivery.mark_posted(letter, at=at, number=number)
        if copy is not None:
            tasks.ring(request.organization.pk, copy)
    count = len(letters_ticked)
    done = ngettext("%(n)s letter is noted as posted.", "%(n)s letters are noted as posted.", count)
    messages.success(request, done % {"n": count})
    return redirect("letters", slug=request.organization.slug)


def _to_post() -> list[Message]:
    """Return the letters to post as their envelopes lie: registered ones apart, by name."""
    found = waiting.to_post(on=timezone.localdate()).select_related("customer", "organization")
    ordered = found.prefetch_related(with_acts()).order_by("customer__name", "pk")
    return sorted(ordered[:200], key=lambda one: one.channel != Channel.REGISTERED_LETTER)


def _cover(request: OrganizationRequest, found: list[Message]) -> str:
    """Return the list that lies on top: who gets which letter, with room for the number."""
    rows = [
        {
            "letter": letter,
            "window": phrases.window(
                letter.customer.name,
                "",
                [
                    *letter.customer.address.splitlines(),
                    f"{letter.customer.postcode} {letter.customer.city}",
                ],
            ),
        }
        for letter in found
    ]
    context = {"organization": request.organization, "rows": rows, "today": timezone.localdate()}
    return render_to_string("letters/cover.html", context)


def _moment(posted_on: date) -> datetime:
    """Return now, or noon of an earlier day; a letter is not posted tomorrow."""
    now = timezone.localtime()
    if posted_on > now.date():
        raise PostedTomorrow(_("A letter is posted today, or was before."))
    if posted_on == now.date():
        return now
    return timezone.make_aware(datetime.combine(posted_on, datetime.min.time().replace(hour=12)))


class PostedTomorrow(DomainError):
    """The day of posting is still to come."""

    code = "posted_tomorrow"


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=PDF)
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response
