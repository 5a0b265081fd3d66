"""How the organization's own pages understand what is typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from stdnum import iban as iban_number
from stdnum.exceptions import ValidationError as NotAnIban
from stdnum.fr import siren as siren_number

from common.errors import DomainError
from organizations import api_keys
from organizations.models import Organization, Scope

LONGEST_HABIT_DAYS = 90


class OpenOrganization(forms.Form):
    """What is needed to begin."""

    name = forms.CharField(label=_("Name of your company"), max_length=120)


class Identity(forms.ModelForm[Organization]):
    """Who asks, as the debtor reads it, and how often."""

    # Not the model's own: what is typed waits for a day (see `bank_details`).
    iban = forms.CharField(label="IBAN", max_length=42, required=False)
    bic = forms.CharField(label="BIC", max_length=11, required=False)

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
            "sending_hour",
            "gap_days",
            "cap_count",
            "cap_days",
            "habit_cap_days",
            "backlog_per_day",
        ]
        widgets = {"address": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(iban=self.instance.iban, bic=self.instance.bic)

    @property
    def changed_identity(self) -> list[str]:
        """Return what changes at once."""
        return [name for name in self.changed_data if name in self.Meta.fields]

    @property
    def bank_details_change(self) -> bool:
        """Return whether the money is to go elsewhere."""
        return any(self.cleaned_data[name] != self.initial[name] for name in ("iban", "bic"))

    def keep_bank_details(self) -> None:
        """Show the bank details and leave them as they are, whatever is sent."""
        for name in ("iban", "bic"):
            self.fields[name].disabled = True
            self.fields[name].help_text = _("For those who may change the bank details.")

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

    def clean_bic(self) -> str:
        return str(self.cleaned_data["bic"]).replace(" ", "").upper()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("sending_hour", 0) > 23:  # noqa: PLR2004  # a day's last hour
            self.add_error("sending_hour", _("Between 0 and 23."))
        for name in ("cap_count", "cap_days"):
            if cleaned.get(name) == 0:
                self.add_error(name, _("At least 1."))
        if cleaned.get("habit_cap_days", 0) > LONGEST_HABIT_DAYS:
            self.add_error("habit_cap_days", _("Between 0 and 90."))
        return cleaned


class NetworksField(forms.CharField):
    """Addresses and networks, one a line; cleaned to a list in their plain form."""

    widget = forms.Textarea(attrs={"rows": 3, "translate": "no", "spellcheck": "false"})

    def __init__(self) -> None:
        super().__init__(
            label=_("Opens only from these addresses"),
            help_text=_("One a line, IPv4 or IPv6, networks too, at most 20. Empty: everywhere."),
            max_length=2000,
            required=False,
        )

    def clean(self, value: Any) -> list[str]:
        try:
            return api_keys.read_networks(super().clean(value).split())
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class NewKey(forms.Form):
    """What a new API key may do."""

    name = forms.CharField(label=_("What is it for?"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ],
    )
    lifetime = forms.TypedChoiceField(
        label=_("It expires"),
        choices=api_keys.Lifetime.choices,
        coerce=int,
        empty_value="0",
        initial=api_keys.Lifetime.QUARTER,
        required=False,
    )
    networks = NetworksField()


class Networks(forms.Form):
    """Where a key opens from."""

    networks = NetworksField()
