"""The pages of letters: checked, printed in one go, posted as they were printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from common.errors import DomainError
from common.fields import key
from dunning import (
    checklist,
    composing,
    enclosures,
    letters,
    phrases,
    posting,
    returns,
    stationery,
    tasks,
    waiting,
    wording,
)
from dunning.channels import registry
from dunning.checklist import Gap
from dunning.forms import Address, CameBack, Posted
from dunning.models import Channel, Message, Returned, with_acts
from dunning.views.reminders import find
from invoices import recording
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

PAGE = 50
MOST_AT_ONCE = 50  # letters in one PDF
NUMBER = 40  # characters of a registered letter's number
CANCELLED_SHOWN = timedelta(days=14)
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Row:
    """A letter to post, as the list shows it."""

    letter: Message
    gaps: list[Gap]
    is_blocked: bool
    is_as_printed: bool
    is_ticked: bool
    number: str
    address: Address | None

    @property
    def state(self) -> str:
        """Return where the paper stands: not printed yet, to post, or to be printed anew."""
        if self.letter.printed_at is None:
            return "new"
        return "printed" if self.is_as_printed else "changed"


@require_GET
@organization_page()
def letters_page(request: OrganizationRequest) -> HttpResponse:
    """List the letters to post, each with what it lacks, and those that were posted."""
    return _page(request)


@require_GET
@organization_page()
def letter_pdf(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Give a letter as it was printed; before, a draft that says so."""
    found = find(request, message_id)
    acts = list(found.acts.all())
    if found.channel not in waiting.BY_POST or not (found.html or acts):
        raise Http404
    name = f"{found.customer.code}-{found.pk}.pdf"
    if found.html:
        return _pdf(letters.render_pdf(found.html), name)
    words = wording.words("en" if found.language == "en" else "fr")
    html = composing.written(found, acts, on=timezone.localdate()).html
    return _pdf(letters.render_pdf(html, stamp=words["draft"]), name)


@require_GET
@organization_page()
def bank_details(request: OrganizationRequest) -> HttpResponse:
    """Give the page of bank details that reminders bring."""
    language: wording.Language = "en" if request.GET.get("language") == "en" else "fr"
    creditor = composing.creditor(request.organization)
    if not creditor.iban:
        raise Http404
    name = f"{wording.words(language)['bank_details_file']}.pdf"
    return _pdf(enclosures.bank_details(creditor, language), name)


@require_POST
@organization_page(Right.COLLECT)
def print_letters(request: OrganizationRequest) -> HttpResponse:
    """Freeze the letters that are ticked, and give them as one PDF in the order of envelopes.

    A list comes first; behind each letter stand the copies of its invoices. One that was printed
    and still stands is given again as it was; a button in a row prints that letter alone.
    """
    alone = request.POST.get("alone")
    chosen = {key(alone)} if alone else _ticked(request)
    ticked = [letter for letter in _to_post() if letter.pk in chosen][:MOST_AT_ONCE]
    if not ticked:
        return _page(request, refusal=_("Tick at least one letter."))
    written_on = stationery.in_force()
    try:
        with transaction.atomic():
            printed = [
                posting.mark_printed(
                    letter,
                    at=timezone.now(),
                    number=_number(request, letter),
                    written_on=written_on,
                )
                for letter in ticked
            ]
    except DomainError as refusal:
        return _page(request, refusal=str(refusal))
    envelopes = [] if alone else [[letters.render_pdf(_cover(request, printed))]]
    for letter in printed:
        acts = letter.acts.select_related("instalment__invoice").order_by(
            "instalment__due_on", "pk"
        )
        joined = enclosures.copies(acts) if written_on.joins_copies(letter) else []
        copies = [bytes(copy.content) for _number, copy in joined]
        envelopes.append([letters.render_pdf(letter.html), *copies])
    return _pdf(letters.batch(envelopes), f"courriers-{timezone.localdate():%Y-%m-%d}.pdf")


@require_POST
@organization_page(Right.COLLECT)
def letters_posted(request: OrganizationRequest) -> HttpResponse:
    """Note that the letters that are ticked were posted, all or none; copies leave by email."""
    form = Posted(request.POST)
    chosen = _ticked(request)
    ticked = [letter for letter in _to_post() if letter.pk in chosen]
    if not form.is_valid():
        return _page(request, form=form)
    if not ticked:
        return _page(request, form=form, refusal=_("Tick at least one letter."))
    copies = []
    try:
        with transaction.atomic():
            for letter in ticked:
                copy = posting.mark_posted(
                    letter,
                    at=timezone.now(),
                    posted_on=form.cleaned_data["posted_on"],
                    number=_number(request, letter),
                )
                copies.append(copy)
    except posting.NotPostedThen as refusal:
        form.add_error("posted_on", str(refusal))
        return _page(request, form=form)
    except DomainError as refusal:
        return _page(request, form=form, refusal=str(refusal))
    for copy in filter(None, copies):
        tasks.ring(request.organization.pk, copy)
    count = len(ticked)
    done = ngettext("%(n)s letter is noted as posted.", "%(n)s letters are noted as posted.", count)
    messages.success(request, done % {"n": count})
    return redirect("letters", slug=request.organization.slug)


@require_POST
@organization_page(Right.COLLECT)
def letters_handed_over(request: OrganizationRequest) -> HttpResponse:
    """Leave the registered letters that are ticked to the provider, all or none of them."""
    chosen = _ticked(request)
    ticked = [
        letter
        for letter in _to_post()
        if letter.pk in chosen and letter.channel == Channel.REGISTERED_LETTER
    ]
    if not ticked:
        return _page(request, refusal=_("Tick at least one registered letter."))
    try:
        with transaction.atomic():
            left = posting.hand_over(ticked, at=timezone.now())
    except DomainError as refusal:
        return _page(request, refusal=str(refusal))
    tasks.ring_after_undo(request.organization.pk, left)
    done = ngettext(
        "%(n)s letter leaves in a minute; until then you may take it back.",
        "%(n)s letters leave in a minute; until then you may take them back.",
        len(left),
    )
    messages.success(request, done % {"n": len(left)})
    return redirect("letters", slug=request.organization.slug)


@require_POST
@organization_page(Right.COLLECT)
def take_letter_back(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Take a letter back that the provider was not given yet."""
    posting.take_back(find(request, message_id), at=timezone.now())
    messages.success(request, _("The letter is yours to post."))
    return redirect("letters", slug=request.organization.slug)


@require_POST
@organization_page(Right.COLLECT)
def letter_came_back(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Note that the post brought a letter back, and why."""
    letter, form = find(request, message_id), CameBack(request.POST)
    if not form.is_valid():
        return _page(request, refusal=_("Say why the letter came back."))
    why = Returned(form.cleaned_data["why"])
    returns.came_back(letter, why=why, at=timezone.now())
    name = {"name": letter.customer.name}
    if why == Returned.WRONG_ADDRESS:
        said = _("The letter to %(name)s came back: nothing is posted there any more.") % name
    else:
        said = _("The letter to %(name)s came back; it counts as received.") % name
    messages.success(request, said)
    return redirect("letters", slug=request.organization.slug)


@require_POST
@organization_page(Right.COLLECT)
def letter_arrived(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Take back that a letter came back."""
    returns.undo(find(request, message_id), at=timezone.now())
    messages.success(request, _("It is not noted any more that the letter came back."))
    return redirect("letters", slug=request.organization.slug)


@require_POST
@organization_page(Right.COLLECT)
def customer_address(request: OrganizationRequest, customer_id: int) -> HttpResponse:
    """Mend the address of a customer from whom letters come back, or say that it is right."""
    found = get_object_or_404(request.organization.customers, pk=customer_id)
    if "right" in request.POST:
        recording.address_holds(found, at=timezone.now())
        messages.success(request, _("Letters go to this address again."))
        return redirect("customer", slug=request.organization.slug, customer_id=found.pk)
    form = Address(request.POST, customer=found)
    if form.is_valid():
        recording.update_customer(found, form.cleaned_data, at=timezone.now())
        messages.success(request, _("The address of %(name)s is mended.") % {"name": found.name})
    for errors in form.errors.values():
        messages.error(request, str(errors[0]))
    return redirect("customer", slug=request.organization.slug, customer_id=found.pk)


@require_POST
@organization_page(Right.COLLECT)
def letter_address(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Mend the address of a letter's customer where it is missed."""
    found = get_object_or_404(
        request.organization.messages.select_related("customer"), pk=message_id
    )
    form = Address(request.POST, customer=found.customer, prefix=_prefix(found))
    if not form.is_valid():
        return _page(request, address=form)
    recording.update_customer(found.customer, form.cleaned_data, at=timezone.now())
    messages.success(
        request, _("The address of %(name)s is mended.") % {"name": found.customer.name}
    )
    return redirect("letters", slug=request.organization.slug)


def _page(
    request: OrganizationRequest,
    *,
    form: Posted | None = None,
    address: Address | None = None,
    refusal: str = "",
) -> HttpResponse:
    """Return the page; with what was typed and why it is refused, when something is."""
    on, at = timezone.localdate(), timezone.now()
    to_post, of_messages = _to_post(), Message.objects.select_related("customer")
    is_refused = bool(refusal or address or (form and form.errors))
    common = [gap for gap in checklist.gaps(to_post[0], on=on) if gap.is_common] if to_post else []
    context = {
        **shell(request),
        "rows": _rows(request, to_post, address=address),
        "common": common,
        "asked": waiting.asked_by(waiting.to_post(on=on)),
        "stopped": of_messages.filter(
            pk__in=waiting.not_to_post(on=on, since=at - CANCELLED_SHOWN).values("pk")
        ).order_by("pk"),
        "posted": of_messages.filter(
            channel__in=waiting.BY_POST, state=Message.State.SENT
        ).order_by("-sent_at", "-pk")[:PAGE],
        "form": form or Posted(initial={"posted_on": on}),
        "refusal": refusal,
        "unnumbered": composing.UNNUMBERED,
        "handed_over": waiting.handed_over().select_related("customer").order_by("pk"),
        "may_hand_over": registry.provider(Channel.REGISTERED_LETTER) is not None
        and any(letter.channel == Channel.REGISTERED_LETTER for letter in to_post),
        "reasons": Returned.choices,
        "now": at,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    return render(request, "dunning/letters.html", context, status=status)


def _rows(
    request: OrganizationRequest, found: Sequence[Message], *, address: Address | None
) -> list[Row]:
    on = timezone.localdate()
    as_printed = posting.as_printed([(one, list(one.acts.all())) for one in found], on=on)
    typed = request.method == "POST" and address is None
    rows = []
    for letter in found:
        gaps = checklist.gaps(letter, on=on)
        blocks = any(gap.blocks for gap in gaps)
        form = None
        if any(gap.code in {"debtor_address", "debtor_moved", "debtor_window"} for gap in gaps):
            mine = address is not None and address.prefix == _prefix(letter)
            form = address if mine else Address(customer=letter.customer, prefix=_prefix(letter))
        rows.append(
            Row(
                letter=letter,
                gaps=[gap for gap in gaps if not gap.is_common],
                is_blocked=blocks,
                is_as_printed=letter.pk in as_printed,
                is_ticked=not blocks and (not typed or letter.pk in _ticked(request)),
                number=_number(request, letter) or letter.receipt,
                address=form,
            )
        )
    return rows


def _prefix(letter: Message) -> str:
    return f"address-{letter.pk}"


def _ticked(request: OrganizationRequest) -> set[int]:
    return {key(text) for text in request.POST.getlist("letter")}


def _number(request: OrganizationRequest, letter: Message) -> str:
    return request.POST.get(f"number-{letter.pk}", "").strip()[:NUMBER]


def _to_post() -> list[Message]:
    """Return the letters to post as their envelopes lie: registered ones apart, by name."""
    related = ("customer", "contact", "organization")
    found = waiting.to_post(on=timezone.localdate()).select_related(*related)
    ordered = found.prefetch_related(with_acts()).order_by("customer__name", "pk")
    return sorted(ordered[:200], key=lambda one: one.channel != Channel.REGISTERED_LETTER)


def _cover(request: OrganizationRequest, found: list[Message]) -> str:
    """Return the list that lies on top: who gets which letter, with room for the number."""
    rows: list[dict[str, Any]] = [
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


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=PDF)
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response
