"""How the team page understands what is typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.fields import DayField
from organizations import team
from organizations.models import Membership, Organization
from organizations.rights import Right, Role


class NewMember(forms.Form):
    """Who is invited, and as what."""

    email = forms.EmailField(label=_("Email address"), max_length=254)

    def __init__(self, *args: Any, by: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"] = _role_field(by, initial=Role.COLLECTOR)


class OtherRole(forms.Form):
    """What a member is from now on."""

    def __init__(self, *args: Any, by: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"] = _role_field(by)


class OwnRights(forms.Form):
    """What a member may do, whatever his role says."""

    rights = forms.TypedMultipleChoiceField(
        label=_("May"),
        choices=Right.choices,
        coerce=Right,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    is_limited = forms.BooleanField(
        label=_("Calls only their own customers and nobody’s"), required=False
    )


class HandOver(forms.Form):
    """Who looks after a member's customers: for good, or from one day to another."""

    first = DayField(label=_("From"), required=False)
    last = DayField(
        label=_("Last day"), required=False, help_text=_("Without a last day it is for good.")
    )

    def __init__(self, *args: Any, member: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        others = [(key, name) for key, name in names(member.organization) if key != member.pk]
        self.fields["colleague"] = forms.TypedChoiceField(
            label=_("Hand over to"), coerce=int, choices=others
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("first") and not cleaned.get("last"):
            self.add_error("last", _("Say until when."))
        return cleaned


def names(organization: Organization) -> list[tuple[int, str]]:
    """Return who works here, the ids of their memberships with their names."""
    members = organization.memberships.select_related("user").order_by("user__name", "pk")
    return [(member.pk, str(member.user)) for member in members]


def _role_field(by: Membership, *, initial: Role | None = None) -> forms.ChoiceField:
    choices = [(role.value, role.label) for role in team.roles_given_by(by)]
    return forms.ChoiceField(label=_("Team role"), choices=choices, initial=initial)
