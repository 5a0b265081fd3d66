"""How roles, rights and days are named in the sentences of the timeline."""

from datetime import date

from django import template

from common.templatetags.display import day
from organizations.rights import Right, Role

register = template.Library()


@register.filter
def role_name(value: str) -> str:
    """Return a role in the reader's language."""
    return str(Role(value).label) if value in Role.values else value


@register.filter
def right_names(values: str) -> str:
    """Return rights, separated by commas, in the reader's language."""
    return ", ".join(
        str(Right(value).label) if value in Right.values else value
        for value in values.split(", ")
        if value
    )


@register.filter
def written_day(value: str) -> str:
    """Return a day that an event keeps as text, as pages write it."""
    return day(date.fromisoformat(value))
