"""The navigation of an organization's pages: the entries that exist, with what waits in each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from organizations.rights import Right

register = template.Library()


@dataclass(frozen=True, slots=True)
class Entry:
    page: str  # the name of its address
    label: Promise
    glyph: str
    go: str  # the letter after `g`


@dataclass(frozen=True, slots=True)
class Group:
    label: Promise | str
    entries: tuple[Entry, ...]


GROUPS = (
    Group("", (Entry("dashboard", _("Dashboard"), "grid", "d"),)),
    Group(
        _("Act"),
        (
            Entry("calls", _("Calls"), "phone", "a"),
            Entry("reminders", _("Reminders"), "send", "r"),
            Entry("tasks", _("Tasks"), "check", "x"),
            Entry("cases", _("Promises and disputes"), "flag", "l"),
            Entry("letters", _("Letters"), "mail", "o"),
        ),
    ),
    Group(
        _("Track"),
        (
            Entry("invoices", _("Invoices"), "file", "f"),
            Entry("customers", _("Customers"), "users", "c"),
        ),
    ),
    Group(
        _("Collect"),
        (
            Entry("bank", _("Bank"), "match", "b"),
            Entry("payments", _("Payments"), "coins", "p"),
        ),
    ),
    Group(_("Steer"), (Entry("scenarios", _("Scenarios"), "route", "s"),)),
)
FOOT = Group(
    "",
    (
        Entry("import", _("Import"), "up", "i"),
        Entry("mailbox", _("Mailbox"), "inbox", "m"),
        Entry("history", _("History"), "clock", "y"),
        Entry("settings", _("Settings"), "cog", ","),
        Entry("team", _("Team"), "users", "t"),
        Entry("api_keys", _("API keys"), "key", "k"),
        Entry("help", _("Help"), "help", "h"),
    ),
)
TABS = ("calls", "reminders", "invoices")
# What one needs to be shown an entry; the others are everyone's.
NEEDED = {"import": Right.WRITE, "settings": Right.SETTINGS, "api_keys": Right.MANAGE_KEYS}


@register.inclusion_tag("components/navigation.html", takes_context=True)
def navigation(context: dict[str, Any]) -> dict[str, Any]:
    """Draw the column of pages."""
    return {
        "groups": [(group.label, _links(context, group.entries)) for group in GROUPS],
        "foot": _links(context, FOOT.entries),
    }


@register.inclusion_tag("components/tabs.html", takes_context=True)
def tabs(context: dict[str, Any]) -> dict[str, Any]:
    """Draw the bar of a small screen; its last place is the whole menu."""
    entries = {entry.page: entry for group in GROUPS for entry in group.entries}
    home = Entry("dashboard", _("Home"), "grid", "")
    menu = Entry("menu", _("Menu"), "menu", "")
    return {"links": _links(context, (home, *(entries[name] for name in TABS), menu))}


def _links(context: dict[str, Any], entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    organization, membership = context["organization"], context["membership"]
    here = context["request"].resolver_match.url_name
    waiting: Mapping[str, int] = context.get("waiting") or {}
    links = []
    for entry in entries:
        hidden = entry.page in NEEDED and not membership.may(NEEDED[entry.page])
        if hidden or (entry.page == "mailbox" and not context.get("local_mailbox")):
            continue
        try:
            url = reverse(entry.page, kwargs={"slug": organization.slug})
        except NoReverseMatch:
            continue
        links.append(
            {
                "url": url,
                "entry": entry,
                "current": entry.page in {here, context.get("section")},
                "count": waiting.get(entry.page, 0),
            }
        )
    return links
