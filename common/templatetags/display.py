"""How templates show money, dates and states. In every template without loading."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.template import RequestContext
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language as _active
from django.utils.translation import gettext, ngettext

from common import formats
from common.money import Money

register = template.Library()

SPRITE = "/static/img/icons.svg"
TONES = {
    "open": ("wait", "ring"),
    "wait": ("wait", "ring"),
    "paused": ("wait", "pause"),
    "late": ("warn", "clock"),
    "warn": ("warn", "clock"),
    "very_late": ("late", "warn"),
    "promise": ("prom", "cal"),
    "dispute": ("disp", "flag"),
    "partly_paid": ("ok", "half"),
    "paid": ("ok", "check"),
    "ok": ("ok", "check"),
    "sent": ("ok", "check"),
    "failed": ("late", "warn"),
    "unknown": ("disp", "help"),
    "cancelled": ("wait", "slash"),
    "written_off": ("wait", "slash"),
    "formal_notice": ("late", "warn"),
}


def language() -> str:
    """Return the language of the page: "fr" or "en"."""
    return "en" if (_active() or "fr").startswith("en") else "fr"


@register.filter
def money(value: Money | None) -> str:
    return "" if value is None else formats.money(value, language())


@register.filter
def amount_of(data: dict[str, Any]) -> Money | None:
    """Return the amount that an event keeps: `{{ event.data|amount_of|money }}`."""
    minor, currency = data.get("minor"), data.get("currency")
    return Money(minor, currency) if isinstance(minor, int) and currency else None


@register.filter
def money_or_dash(value: Money) -> str:
    """Return an amount, or in a table a dash for nothing."""
    return formats.money(value, language()) if value else "–"


@register.filter
def money_whole(value: Money | None) -> str:
    return "" if value is None else formats.money_whole(value, language())


@register.filter
def money_compact(value: Money | None) -> str:
    return "" if value is None else formats.money_compact(value, language())


@register.filter
def day(value: date | datetime | None) -> str:
    if value is None:
        return ""
    return formats.day(_date(value), language(), today=timezone.localdate())


@register.filter
def day_long(value: date | datetime | None) -> str:
    return "" if value is None else formats.day_long(_date(value), language())


@register.filter
def weekday(value: date | datetime | None) -> str:
    return "" if value is None else formats.weekday(_date(value), language())


@register.filter
def day_relative(value: date | datetime | None) -> str:
    """Return today, tomorrow, in 12 days, 3 days ago."""
    if value is None:
        return ""
    days = (_date(value) - timezone.localdate()).days
    near = {0: gettext("today"), 1: gettext("tomorrow"), -1: gettext("yesterday")}
    if days in near:
        return near[days]
    if days > 0:
        return ngettext("in %(n)s day", "in %(n)s days", days) % {"n": days}
    return ngettext("%(n)s day ago", "%(n)s days ago", -days) % {"n": -days}


@register.filter
def moment(value: datetime | None) -> str:
    """Return the hour of today, else the day."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    if local.date() == timezone.localdate():
        return formats.hour(local, language())
    return formats.day(local.date(), language(), today=timezone.localdate())


@register.filter
def hour(value: datetime | None) -> str:
    return "" if value is None else formats.hour(timezone.localtime(value), language())


@register.filter
def offset(value: int) -> str:
    return formats.offset(value, language())


@register.filter
def days(value: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", value) % {"n": value}


@register.filter
def phone(value: str) -> str:
    return formats.phone(value)


@register.filter
def dialled(value: str) -> str:
    return formats.dialled(value)


@register.filter
def iban(value: str) -> str:
    return formats.iban(value)


@register.filter
def percent(value: Decimal) -> str:
    return formats.percent(value, language())


@register.filter
def initials(value: str) -> str:
    """Return the first letters of the first two words, for the round that stands for a name."""
    return "".join(word[0] for word in value.split()[:2]).upper()


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Draw a glyph of the sprite; size "sm" is for lines of text."""
    css = f"i i-{size}" if size else "i"
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', css, SPRITE, name
    )


@register.simple_tag
def status(state: str, label: Any) -> SafeString:
    """Draw a state as a badge: colour, glyph and word, never colour alone."""
    tone, glyph = TONES.get(state, TONES["wait"])
    return format_html('<span class="st {}">{}{}</span>', tone, icon(glyph), label)


@register.simple_tag(takes_context=True)
def with_query(context: RequestContext, **changes: Any) -> str:
    """Return the page's query with some parts changed; an empty one is left out."""
    # The attribute, not the variable: an include with `only` keeps the one and drops the other.
    query = context.request.GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"


def _date(value: date | datetime) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value
