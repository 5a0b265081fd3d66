"""The page of tasks: what people have to look at, whose it is, and what was done."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from common.htmx import refuse
from dunning import task_list
from dunning.forms import GivenTo, NewTask
from dunning.models import Task
from organizations import team_forms
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Membership, Right
from reconciliation.models import BankTransaction

PAGE = 50
TABS = ("mine", "everyone", "done")
USUAL_DAYS = 2


@require_GET
@organization_page()
def tasks(request: OrganizationRequest) -> HttpResponse:
    """List the tasks of who asks, of everyone, or those that are done."""
    return render(request, "dunning/tasks.html", _context(request))


@require_POST
@organization_page(Right.COLLECT, Right.BANK)
def open_task(request: OrganizationRequest) -> HttpResponse:
    """Open a task by hand."""
    form = NewTask(request.POST, members=team_forms.names(request.organization))
    if form.is_valid():
        said = form.cleaned_data
        task = Task(
            organization=request.organization,
            kind=Task.Kind.OTHER,
            reason=said["reason"],
            due_on=said["due_on"],
            owner=_member(request, said["owner"]),
        )
        task_list.open_all([task], at=timezone.now())
        messages.success(request, _("The task is opened."))
        return redirect("tasks", slug=request.organization.slug)
    return refuse(request, "dunning/tasks.html", {**_context(request), "form": form})


@require_POST
@organization_page(Right.COLLECT, Right.BANK)
def assign_task(request: OrganizationRequest, task_id: int) -> HttpResponse:
    """Give a task to somebody, or back to the team."""
    task = get_object_or_404(request.organization.tasks, pk=task_id)
    form = GivenTo(request.POST, members=team_forms.names(request.organization))
    if form.is_valid():
        to = _member(request, form.cleaned_data["owner"])
        task_list.assign(task, to=to, at=timezone.now())
        messages.success(request, _("It is noted whose task it is."))
    for errors in form.errors.values():
        messages.error(request, str(errors[0]))
    return _back(request)


@require_POST
@organization_page(Right.COLLECT, Right.BANK)
def do_task(request: OrganizationRequest, task_id: int) -> HttpResponse:
    """Note that a task is done."""
    task_list.do(get_object_or_404(request.organization.tasks, pk=task_id), at=timezone.now())
    messages.success(request, _("The task is done."))
    return _back(request)


def _context(request: OrganizationRequest) -> dict[str, Any]:
    today = timezone.localdate()
    waiting = request.organization.tasks.open()
    mine = waiting.filter(owner=request.membership)
    tab = request.GET.get("tab", "")
    if tab not in TABS:
        tab = "mine" if mine.exists() else "everyone"
    found = {
        "mine": mine.order_by("due_on", "pk"),
        "everyone": waiting.order_by("due_on", "pk"),
        "done": request.organization.tasks.filter(done_at__isnull=False).order_by(
            "-done_at", "-pk"
        ),
    }[tab]
    related = ("customer", "invoice", "owner__user")
    page = Paginator(found.select_related(*related), PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    lines = BankTransaction.objects.filter(task__in=[task.pk for task in shown])
    line_of = dict(lines.values_list("task_id", "pk"))
    members = team_forms.names(request.organization)
    names = dict(request.organization.memberships.values_list("user_id", "user__name"))
    count = page.paginator.count
    return {
        **shell(request),
        "section": "tasks",
        "tab": tab,
        "page": page,
        "rows": [
            {
                "task": task,
                "line": line_of.get(task.pk),
                "is_late": task.done_at is None and task.due_on < today,
                "done_by": _name(task.done_by, names),
            }
            for task in shown
        ],
        "members": members,
        "may_act": request.membership.may(Right.COLLECT, Right.BANK),
        "form": NewTask(members=members, initial={"due_on": today + timedelta(days=USUAL_DAYS)}),
        "summary": ngettext("%(n)s task", "%(n)s tasks", count) % {"n": count},
    }


def _name(actor: str, names: dict[int, str]) -> str:
    """Return the name of a colleague who did a task; nobody's where a program did."""
    kind, _colon, key = actor.partition(":")
    return names.get(int(key), "") if kind == "user" else ""


def _member(request: OrganizationRequest, key: int | None) -> Membership | None:
    return None if key is None else request.organization.memberships.get(pk=key)


def _back(request: OrganizationRequest) -> HttpResponse:
    """Go back to the list as it was read."""
    address = redirect("tasks", slug=request.organization.slug)
    tab = request.POST.get("tab", "")
    if tab in TABS:
        address["Location"] += f"?tab={tab}"
    return address
