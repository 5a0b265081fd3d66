"""The bank's pages: take a statement in, clear its lines, take back what was decided."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url

from common import fields, sentences, uploads
from common.errors import DomainError
from common.htmx import refuse
from dunning import bank_data
from invoices.models import Invoice
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right
from payments import finding
from reconciliation import (
    candidates,
    clearing,
    exporting,
    freshness,
    gate,
    importing,
    matching,
    wording,
)
from reconciliation.forms import UploadStatement
from reconciliation.importing import LinesRefused, Options, ReadersDisagree, Report, Upload
from reconciliation.matching import Outcome
from reconciliation.models import BankTransaction, QuarantinedLine

PAGE = 50
State = BankTransaction.State


class ChoiceStale(DomainError):
    """What a person chose has changed since."""

    code = "choice_stale"


@require_GET
@organization_page()
def bank(request: OrganizationRequest) -> HttpResponse:
    """Show the accounts, and the lines to clear with what they may pay."""
    return render(request, "reconciliation/bank.html", _context(request))


@require_POST
@organization_page(Right.BANK)
def upload(request: OrganizationRequest) -> HttpResponse:
    """Take in statements, match what is sure, and say what came of each file."""
    form = UploadStatement(request.POST, request.FILES)
    held: dict[str, Any] = {}
    if form.is_valid():
        options = Options(
            accept_partial=form.cleaned_data["accept_partial"],
            accept_disagreement=form.cleaned_data["accept_disagreement"],
        )
        at = timezone.now()
        try:
            reports = [
                importing.import_statement(
                    request.organization,
                    Upload(file.name or "", uploads.received(file)),
                    options=options,
                    at=at,
                )
                for file in request.FILES.getlist("file")
            ]
            outcome = matching.match_new(request.organization, at=at)
        except DomainError as refusal:
            held = _held(form, refusal)
        else:
            for sentence in _said(reports, outcome):
                messages.success(request, sentence)
            return redirect("bank", slug=request.organization.slug)
    context = {**_context(request), "form": form, **held}
    return refuse(request, "reconciliation/bank.html", context)


def _held(form: UploadStatement, refusal: DomainError) -> dict[str, Any]:
    """Note on the form why nothing was taken in; return what the page then shows and asks."""
    disputed = isinstance(refusal, ReadersDisagree)
    refused = refusal.lines if isinstance(refusal, LinesRefused) else []
    form.add_error(None if disputed or refused else "file", sentences.of_refusal(refusal))
    return {
        "refused": [{"row": line.row, "message": sentences.of_row(line)} for line in refused],
        "asks_partial": refused or form.cleaned_data["accept_partial"],
        "asks_disagreement": disputed or form.cleaned_data["accept_disagreement"],
    }


@require_POST
@organization_page(Right.BANK)
def match(request: OrganizationRequest, line_id: int) -> HttpResponse:
    """Recognise a line as the payment of the invoices chosen, or as a customer's credit."""
    line = get_object_or_404(request.organization.bank_transactions, pk=line_id)
    matching.refuse_decided(line)  # what it paid is no longer open, and no news
    ticked = request.POST.getlist("invoice")
    chosen = _chosen(ticked, currency=line.currency)
    if len(chosen) < len(set(ticked)):
        raise ChoiceStale(_("An invoice that you chose is no longer open: choose again."))
    customer = None
    if not chosen and "customer" in request.POST:
        key = fields.key(request.POST["customer"])
        customer = get_object_or_404(request.organization.customers, pk=key)
    basket = clearing.spread(line.amount, chosen)
    matching.match_by_hand(line, basket.parts, customer=customer, at=timezone.now())
    return _after(request, done=line)


@require_POST
@organization_page(Right.BANK)
def undo(request: OrganizationRequest, line_id: int) -> HttpResponse:
    """Take back what was decided on a line, exactly."""
    line = get_object_or_404(request.organization.bank_transactions, pk=line_id)
    matching.unmatch(line, at=timezone.now())
    messages.success(request, _("It is undone: the line waits again."))
    return _after(request, focus=line)


@require_POST
@organization_page(Right.BANK)
def set_aside(request: OrganizationRequest, line_id: int) -> HttpResponse:
    """Say that a line is no customer's payment."""
    line = get_object_or_404(request.organization.bank_transactions, pk=line_id)
    matching.mark_not_customer(line, at=timezone.now())
    return _after(request, done=line)


@require_POST
@organization_page(Right.BANK)
def change_account(request: OrganizationRequest, account_id: int) -> HttpResponse:
    """Let an account apply sure matches by itself, or only suggest them."""
    account = get_object_or_404(request.organization.bank_accounts, pk=account_id)
    account.applies_by_itself = request.POST.get("applies_by_itself") == "yes"
    account.save(update_fields=["applies_by_itself"])
    messages.success(request, _("The account is changed."))
    return redirect("bank", slug=request.organization.slug)


@require_POST
@organization_page(Right.BANK)
def follow(request: OrganizationRequest, account_id: int) -> HttpResponse:
    """Let an account count for how fresh the bank is, or leave it out."""
    account = get_object_or_404(request.organization.bank_accounts, pk=account_id)
    is_followed = request.POST.get("is_followed") == "yes"
    freshness.follow(account, is_followed=is_followed, at=timezone.now())
    messages.success(request, _("The account is changed."))
    return redirect("bank", slug=request.organization.slug)


@require_POST
@organization_page(Right.BANK)
def accept_gap(request: OrganizationRequest, account_id: int) -> HttpResponse:
    """Note that a person looked: no payment is missing where the bank's data has a gap."""
    account = get_object_or_404(request.organization.bank_accounts, pk=account_id)
    freshness.accept_gap(account, at=timezone.now())
    messages.success(request, _("The gap does not hold anything up any more."))
    return redirect("bank", slug=request.organization.slug)


def _after(
    request: OrganizationRequest,
    *,
    done: BankTransaction | None = None,
    focus: BankTransaction | None = None,
) -> HttpResponse:
    """Show the next line to clear, or one that waits again: to htmx in the same round trip."""
    said = {"undo": done.pk} if done else {"line": focus.pk} if focus else {}
    address = f"{reverse('bank', kwargs={'slug': request.organization.slug})}?{urlencode(said)}"
    if not request.htmx:
        return redirect(address)
    request.GET = QueryDict(urlencode(said))
    return push_url(render(request, "reconciliation/bank.html", _context(request)), address)


TABS = {
    "to_clear": (State.UNMATCHED, State.SUGGESTED),
    "matched": (State.APPLIED,),
    "aside": (State.NOT_CUSTOMER,),
}


def _context(request: OrganizationRequest) -> dict[str, Any]:
    organization = request.organization
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "to_clear"
    lines = organization.bank_transactions.filter(state__in=TABS[tab], amount_minor__gt=0)
    order = ("booked_on", "pk") if tab == "to_clear" else ("-booked_on", "-pk")
    found = exporting.with_matches(lines).order_by(*order)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    to_clear = organization.bank_transactions.to_clear().count()
    context = {
        **shell(request),
        "section": "bank",
        "form": UploadStatement(),
        "tab": tab,
        "page": page,
        "rows": _rows(list(page)),
        "undoable": _undoable(request),
        "to_clear": to_clear,
        "summary": ngettext("%(n)s line", "%(n)s lines", page.paginator.count)
        % {"n": page.paginator.count},
        "accounts": _accounts(request),
        "bank_is_old": bank_data.is_old(organization, on=timezone.localdate()),
        "quarantined": _quarantined(request),
    }
    if tab == "to_clear" and request.membership.may(Right.BANK):
        context |= _focus(request, list(page))
    return context


def _rows(lines: list[BankTransaction]) -> list[dict[str, Any]]:
    """Return lines with what they were recognised as, or may be."""
    suggested = [line for line in lines if line.state == State.SUGGESTED]
    proposed = candidates.proposed(suggested)
    return [_row(line, proposed.get(line.pk, [])) for line in lines]


def _undoable(request: OrganizationRequest) -> BankTransaction | None:
    """Return the line that was just decided on, if what was decided still stands."""
    key = fields.key(request.GET.get("undo", ""))
    decided = request.organization.bank_transactions.filter(
        pk=key, state__in=[State.APPLIED, State.NOT_CUSTOMER]
    )
    found: BankTransaction | None = decided.first() if key else None
    return found


def _row(line: BankTransaction, proposed: list[Invoice]) -> dict[str, Any]:
    tied = next(iter(getattr(line, "standing", [])), None)
    return {
        "line": line,
        "proposed": proposed,
        "confidence": wording.confidence(line.reasons) if proposed else None,
        "payment": tied.payment if tied else None,
        "allocations": tied.payment.standing if tied else [],
        "method": wording.method(line.method),
        "reasons": wording.reasons(line.reasons),
    }


def _accounts(request: OrganizationRequest) -> list[dict[str, Any]]:
    """Return the accounts, each with its last statement."""
    accounts = request.organization.bank_accounts.prefetch_related("statements").order_by("pk")
    return [
        {
            "account": account,
            "last": max(
                account.statements.all(), key=lambda one: (str(one.to_on), one.pk), default=None
            ),
        }
        for account in accounts
    ]


def _quarantined(request: OrganizationRequest) -> list[QuarantinedLine]:
    lines = request.organization.quarantined_lines.select_related("statement__file")
    return list(lines.order_by("-pk")[:20])


def _focus(request: OrganizationRequest, lines: list[BankTransaction]) -> dict[str, Any]:
    """Return the line in focus with the invoices found for it, and what those chosen leave."""
    asked = fields.key(request.GET.get("line", ""))
    waiting = request.organization.bank_transactions.to_clear().select_related("account")
    focus = waiting.filter(pk=asked).first() if asked else None
    focus = focus or next(iter(lines), None)
    if focus is None:
        return {}
    words = request.GET.get("q", "").strip()
    found = finding.open_invoices(words, currency=focus.currency)
    keys = request.GET.getlist("invoice")
    if "search" in request.GET:
        keys += [str(key) for key in finding.named_exactly(words, found)]
    elif "picked" not in request.GET:
        keys = [str(invoice.pk) for invoice in candidates.proposed([focus])[focus.pk]]
    chosen = _chosen(keys, currency=focus.currency)
    listed = {invoice.pk: invoice for invoice in [*chosen, *found]}
    place = next((n for n, line in enumerate(lines) if line.pk == focus.pk), 0)
    return {
        "previous": lines[place - 1] if place else None,
        "next": lines[place + 1] if place + 1 < len(lines) else None,
        "focus": focus,
        "held": gate.held_by(focus, on=timezone.localdate()),
        "focus_reasons": wording.reasons(focus.reasons),
        "confidence": wording.confidence(focus.reasons) if focus.proposal else None,
        "words": words,
        "found": list(listed.values()),
        "customers": finding.customers(words),
        "chosen": {invoice.pk for invoice in chosen},
        "basket": clearing.spread(focus.amount, chosen),
    }


def _chosen(keys: list[str], *, currency: str) -> list[Invoice]:
    """Return the open invoices that were ticked; what can't be paid by this line is left out."""
    numbers = [fields.key(text) for text in keys]
    found = Invoice.objects.filter(pk__in=numbers, currency=currency).open()
    return list(found.select_related("customer").with_instalments().order_by("pk"))


def _said(reports: list[Report], outcome: Outcome) -> list[str]:
    """Return what an upload did, a sentence for each file and one for the matching."""
    files = [
        _("%(file)s: %(lines)s lines, %(new)s new, %(known)s known already.")
        % {
            "file": report.file,
            "lines": report.lines,
            "new": report.new,
            "known": report.known,
        }
        for report in reports
    ]
    matched = ngettext("%(n)s line matched.", "%(n)s lines matched.", outcome.applied)
    left = ngettext("%(n)s line to clear.", "%(n)s lines to clear.", outcome.unmatched)
    return [*files, f"{matched % {'n': outcome.applied}} {left % {'n': outcome.unmatched}}"]
