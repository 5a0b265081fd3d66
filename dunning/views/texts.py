"""The pages of texts: which is in force, an editor with its preview, and what is joined."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.db.transaction import on_commit
from django.forms import BoundField
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common import fields
from common.headers import sandboxed
from common.htmx import refuse
from dunning import (
    letters,
    linting,
    own_texts,
    placeholders,
    previewing,
    remarks,
    septets,
    stationery,
    wording,
)
from dunning.channels import mail
from dunning.channels.base import Envelope
from dunning.models import OwnText
from dunning.placeholders import BadTemplate
from dunning.previewing import Case
from dunning.stationery import Stationery
from dunning.text_forms import EnclosingForm, TextForm
from dunning.wording import Language, TextKey
from dunning.writing import CallScript, Facts, Written
from organizations import timeline
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

VERSIONS = 20
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Row:
    """A part of a text, as the editor shows it."""

    field: BoundField
    warnings: list[str]
    length: int | None = None  # of the subject, as it reads in the case
    longest: int = linting.LONGEST_SUBJECT


@dataclass(frozen=True, slots=True)
class Asked:
    """Which half of a text is edited, in which case it is shown, and in which language."""

    several: bool
    cases: list[Case]
    case: Case | None
    language: Language

    @property
    def half(self) -> str:
        return "many" if self.several else "one"


@require_GET
@organization_page(Right.SETTINGS)
def texts(request: OrganizationRequest) -> HttpResponse:
    """List the texts of a family, each with whose words are in force, and what is joined."""
    return _list(request, EnclosingForm(instance=stationery.enclosing()))


@require_POST
@organization_page(Right.SETTINGS)
def enclosing(request: OrganizationRequest) -> HttpResponse:
    """Say what is joined to messages."""
    row = stationery.enclosing()
    row.organization = request.organization
    form = EnclosingForm(request.POST, instance=row)
    if not form.is_valid():
        return _list(request, form)
    if form.changed_data:
        form.save()
        data = {"fields": ", ".join(sorted(form.changed_data))}
        timeline.record("dunning.enclosing_changed", about={}, data=data, at=timezone.now())
    messages.success(request, _("It is noted what is joined."))
    return redirect("texts", slug=request.organization.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@organization_page(Right.SETTINGS)
def text(request: OrganizationRequest, name: str) -> HttpResponse:
    """Edit one text in both languages; what changed is kept as a new version."""
    key = _key(name)
    asked, forms = _asked(request, key), _forms(request, key)
    if request.method != "POST":
        return _editor(request, key, asked, forms)
    is_valid = [form.is_valid() for form in forms]
    if not all(is_valid):
        return _editor(request, key, asked, forms, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    kept = [
        own_texts.write(
            key, form.source, language=form.language, several=asked.several, at=timezone.now()
        )
        for form in forms
    ]
    if any(kept):
        messages.success(request, _("The text is kept: it is in force from now on."))
    else:
        messages.info(request, _("Nothing was changed."))
    return _back(request, key, asked)


@require_http_methods(["GET", "HEAD", "POST"])
@xframe_options_sameorigin
@organization_page(Right.SETTINGS)
def text_preview(request: OrganizationRequest, name: str) -> HttpResponse:
    """Show a text on a case, as it is typed or else as it is in force, for a frame."""
    key = _key(name)
    asked, written_on = _asked(request, key), stationery.in_force()
    form = next(one for one in _forms(request, key) if one.language == asked.language)
    about = _about(request, key, asked, written_on=written_on)
    try:
        said = previewing.written(about, key, form.source, language=asked.language)
    except (BadTemplate, wording.FormalNoticeUnnamed):
        wrong = [remarks.sentence(one) for one in form.findings() if one.is_error]
        return sandboxed(
            render_to_string(
                "emails/preview_unreadable.html", {"wrong": wrong, "language": get_language()}
            )
        )
    if isinstance(said, CallScript) or key.family == "sms":
        return sandboxed(_spoken(said, key, asked.language))
    if key.family == "letter" and "pdf" in request.POST:
        stamp = wording.words(asked.language)["draft"]
        response = HttpResponse(letters.render_pdf(said.html, stamp=stamp), content_type=PDF)
        response["Content-Disposition"] = f'inline; filename="{key}.pdf"'
        return response
    return sandboxed(said.html)


@require_POST
@organization_page(Right.SETTINGS)
def text_test(request: OrganizationRequest, name: str) -> HttpResponse:
    """Send an email as it is typed to the person who asks: a test, no contact of a customer."""
    key = _key(name)
    if key.family != "email":
        raise Http404
    asked, forms = _asked(request, key), _forms(request, key)
    form = next(one for one in forms if one.language == asked.language)
    if not form.is_valid():
        return _editor(request, key, asked, forms, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    about = _about(request, key, asked, written_on=stationery.in_force())
    said = previewing.written(about, key, form.source, language=asked.language)
    if isinstance(said, Written):
        envelope = Envelope(
            token=uuid4(),
            organization_id=request.organization.pk,
            sender_name=request.organization.name,
            reply_to=request.organization.email,
            to=request.user.email,
            subject=f"[{_('Test')}] {said.subject}",
            text=said.text,
            html=said.html,
        )
        on_commit(partial(mail.send, envelope), robust=True)
        messages.success(request, _("A test leaves to %(to)s.") % {"to": request.user.email})
    return _editor(request, key, asked, forms)


@require_POST
@organization_page(Right.SETTINGS)
def text_to_house(request: OrganizationRequest, name: str) -> HttpResponse:
    """Let the words of the house be in force again, in one language."""
    key = _key(name)
    asked = _asked(request, key)
    at = timezone.now()
    done = own_texts.back_to_house(key, language=asked.language, several=asked.several, at=at)
    if done is not None:
        messages.success(request, _("The text of the house is in force again."))
    return _back(request, key, asked)


@require_POST
@organization_page(Right.SETTINGS)
def restore_text(request: OrganizationRequest, own_text_id: int) -> HttpResponse:
    """Let an earlier version be in force again."""
    row = get_object_or_404(request.organization.own_texts, pk=own_text_id)
    own_texts.restore(row, at=timezone.now())
    messages.success(request, _("Version %(n)s is in force again.") % {"n": row.version})
    return redirect("text", slug=request.organization.slug, name=str(own_texts.key_of(row)))


def _list(request: OrganizationRequest, form: EnclosingForm) -> HttpResponse:
    family = request.GET.get("family", "email")
    if family not in remarks.FAMILIES:
        family = "email"
    own = own_texts.in_force()
    rows = [
        {
            "name": str(key),
            "label": remarks.text_name(key),
            "versions": [own.row(key, language) for language in wording.LANGUAGES],
        }
        for key in wording.library()
        if key.family == family
    ]
    context = {
        **shell(request),
        "section": "settings",
        "family": family,
        "families": [(name, str(label)) for name, label in remarks.FAMILIES.items()],
        "languages": [str(remarks.LANGUAGES[language]) for language in wording.LANGUAGES],
        "rows": rows,
        "form": form,
    }
    if form.errors:
        return refuse(request, "dunning/texts/list.html", context)
    return render(request, "dunning/texts/list.html", context)


def _key(name: str) -> TextKey:
    found = {str(key): key for key in wording.library()}.get(name)
    if found is None:
        raise Http404
    return found


def _asked(request: OrganizationRequest, key: TextKey) -> Asked:
    said = request.POST if request.method == "POST" else request.GET
    found = previewing.cases(request.organization, on=timezone.localdate(), kind=key.kind)
    wanted = said.get("case", "")
    case = next((one for one in found if one.key == fields.key(wanted)), None)
    if case is None and wanted != "example":
        case = found[0] if found else None
    return Asked(
        several=said.get("for") == "many",
        cases=found,
        case=case,
        language="en" if said.get("pdf", said.get("language")) == "en" else "fr",
    )


def _forms(request: OrganizationRequest, key: TextKey) -> list[TextForm]:
    said = request.POST if request.method == "POST" else request.GET
    several, written_on = said.get("for") == "many", stationery.in_force()
    return [
        TextForm(
            request.POST if request.method == "POST" else None,
            key=key,
            language=language,
            several=several,
            initial=previewing.source_in_force(
                key, language=language, several=several, written_on=written_on
            ),
        )
        for language in wording.LANGUAGES
    ]


def _about(
    request: OrganizationRequest, key: TextKey, asked: Asked, *, written_on: Stationery
) -> Facts:
    return previewing.facts(
        request.organization,
        key,
        case=asked.case,
        language=asked.language,
        several=asked.several,
        on=timezone.localdate(),
        written_on=written_on,
    )


def _editor(
    request: OrganizationRequest,
    key: TextKey,
    asked: Asked,
    forms: list[TextForm],
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    written_on = stationery.in_force()
    columns = []
    for form in forms:
        here = Asked(asked.several, asked.cases, asked.case, form.language)
        about = _about(request, key, here, written_on=written_on)
        columns.append(_column(form, key, previewing.values_of(about), written_on=written_on))
    shown = next(one for one in columns if one["language"] == asked.language)
    address = reverse("text_preview", args=[request.organization.slug, str(key)])
    case = asked.case.key if asked.case is not None else "example"
    context = {
        **shell(request),
        "section": "settings",
        "key": key,
        "name": str(key),
        "label": remarks.text_name(key),
        "family_label": str(remarks.FAMILIES[key.family]),
        "asked": asked,
        "case": case,
        "columns": columns,
        "forms": forms,
        "names": shown["names"],
        "preview": f"{address}?for={asked.half}&case={case}&language={asked.language}",
        "versions": _versions(key, written_on),
    }
    return render(request, "dunning/texts/text.html", context, status=status)


def _column(
    form: TextForm, key: TextKey, values: Mapping[str, str], *, written_on: Stationery
) -> dict[str, Any]:
    """Return one language of the editor: its parts with what is to be mended, and its names."""
    found = form.findings(dict(values))
    about_all = [remarks.sentence(one) for one in found if not one.part and not one.is_error]
    rows = []
    for part in form.fields:
        warnings = [remarks.sentence(one) for one in found if one.part == part]
        if form.is_bound:
            warnings = [
                remarks.sentence(one) for one in found if one.part == part and not one.is_error
            ]
        length = _length(form.source[part], values) if part == "subject" else None
        rows.append(Row(form[part], warnings, length))
    row = written_on.own.row(key, form.language)
    half = "many" if form.several else "one"
    allowed = set().union(*(wording.allowed(key.family, part) for part in form.fields))
    return {
        "language": form.language,
        "label": str(remarks.LANGUAGES[form.language]),
        "form": form,
        "rows": rows,
        "warnings": about_all,
        "version": row if row is not None and half in row.parts else None,
        "names": [
            (name, str(remarks.PLACEHOLDERS[name]), values.get(name, ""))
            for name in sorted(allowed)
        ],
    }


def _length(subject: str, values: Mapping[str, str]) -> int | None:
    try:
        template = placeholders.parse(subject, allowed=wording.ALWAYS)
    except BadTemplate:
        return None
    return len(template.render({name: values.get(name, "") for name in template.names}))


def _versions(key: TextKey, written_on: Stationery) -> list[dict[str, Any]]:
    found = OwnText.objects.filter(family=key.family, kind=key.kind, tone=key.tone)
    latest = {row.pk for row in written_on.own.rows.values()}
    return [
        {
            "row": row,
            "language": str(remarks.LANGUAGES[row.language]),
            "is_in_force": row.pk in latest,
        }
        for row in found.order_by("-written_at", "-pk")[:VERSIONS]
    ]


def _spoken(said: Written | CallScript, key: TextKey, language: Language) -> str:
    context: dict[str, Any] = {"language": language, "family": key.family}
    if isinstance(said, CallScript):
        context |= {"turns": said.turns, "voicemail": said.voicemail}
    else:
        context |= {"text": said.text, "weight": septets.length(said.text)}
    return render_to_string("emails/preview_spoken.html", context)


def _back(request: OrganizationRequest, key: TextKey, asked: Asked) -> HttpResponse:
    address = reverse("text", args=[request.organization.slug, str(key)])
    case = asked.case.key if asked.case is not None else "example"
    return redirect(f"{address}?for={asked.half}&case={case}&language={asked.language}")
