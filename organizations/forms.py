"""How the organization's own pages understand what is typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from stdnum import iban as iban_number
from stdnum.exceptions import ValidationError as NotAnIban
from stdnum.fr import siren as siren_number

from organizations.models import Organization, Scope


class OpenOrganization(forms.Form):
    """What is needed to begin."""

    name = forms.CharField(label=_("Name of your company"), max_length=120)


class Identity(forms.ModelForm[Organization]):
    """Who asks, as the debtor reads it, and how often."""

    class Meta:
        model = Organization
        fields = [
            "name",
            "siren",
            "vat_number",
            "address",
            "postcode",
            "city",
            "email",
            "phone",
            "signatory",
            "signatory_title",
            "legal_footer",
            "iban",
            "bic",
            "sending_hour",
            "gap_days",
            "cap_count",
            "cap_days",
            "backlog_per_day",
        ]
        widgets = {"address": forms.Textarea(attrs={"rows": 2})}

    def clean_siren(self) -> str:
        text = siren_number.compact(self.cleaned_data["siren"])
        if text and not siren_number.is_valid(text):
            raise forms.ValidationError(_("This SIREN has a wrong digit."))
        return str(text)

    def clean_iban(self) -> str:
        text = self.cleaned_data["iban"]
        if not text.strip():
            return ""
        try:
            return str(iban_number.validate(text))
        except NotAnIban as error:
            raise forms.ValidationError(_("This IBAN has a wrong character.")) from error

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("sending_hour", 0) > 23:  # noqa: PLR2004  # a day's last hour
            self.add_error("sending_hour", _("Between 0 and 23."))
        for name in ("cap_count", "cap_days"):
            if cleaned.get(name) == 0:
                self.add_error(name, _("At least 1."))
        return cleaned


class NewKey(forms.Form):
    """What a new API key may do."""

    name = forms.CharField(label=_("What is it for?"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ],
    )
