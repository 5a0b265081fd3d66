"""How the editor of texts understands what is typed."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common import money
from dunning import linting, remarks, wording
from dunning.linting import Finding
from dunning.models import Enclosing
from dunning.wording import Language, TextKey

LONG, SHORT = 5000, 250
ROWS = {"email": 9, "letter": 12, "sms": 7, "call": 4}
MOST_CURRENCIES = 20


class TextForm(forms.Form):
    """One text in one language, part by part; what the linter refuses stands at its field."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        key: TextKey,
        language: Language,
        several: bool,
        initial: dict[str, str] | None = None,
    ) -> None:
        super().__init__(data, prefix=language, initial=initial)
        self.key, self.language, self.several = key, language, several
        for name in wording.PARTS[key.family]:
            self.fields[name] = self._field(name)

    def _field(self, name: str) -> forms.CharField:
        is_long = name in wording.WITH_PARAGRAPHS or self.key.family == "call"
        attrs: dict[str, Any] = {"lang": self.language, "spellcheck": "true"}
        if is_long:
            attrs["rows"] = ROWS[self.key.family]
        return forms.CharField(
            label=str(remarks.PARTS[name]),
            required=False,  # what is missing the linter says
            max_length=LONG if is_long else SHORT,
            widget=forms.Textarea(attrs) if is_long else forms.TextInput(attrs),
        )

    @property
    def source(self) -> dict[str, str]:
        """Return the parts as they are typed, or as they are kept."""
        return {name: str(self[name].value() or "").replace("\r\n", "\n") for name in self.fields}

    def findings(self, values: dict[str, str] | None = None) -> tuple[Finding, ...]:
        """Return what the linter says of the text."""
        return linting.lint(
            self.source,
            key=self.key,
            language=self.language,
            several=self.several,
            values=values,
        )

    def clean(self) -> dict[str, Any]:
        """Refuse what the linter calls wrong."""
        cleaned: dict[str, Any] = super().clean() or {}
        for finding in self.findings():
            if finding.is_error:
                self.add_error(finding.part or None, remarks.sentence(finding))
        return cleaned


class EnclosingForm(forms.ModelForm[Enclosing]):
    """What is joined to messages."""

    currencies = forms.CharField(
        label=_("Other currencies that your account takes"),
        help_text=_("As USD, GBP. In another currency your IBAN is not shown."),
        max_length=120,
        required=False,
    )

    class Meta:
        model = Enclosing
        fields = ["copies", "statement", "bank_details", "currencies"]
        labels = {
            "copies": _("Copies of the invoices"),
            "statement": _("Statement of account, when there are several invoices"),
            "bank_details": _("Bank details as a PDF"),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["currencies"] = ", ".join(self.instance.currencies)

    def clean_currencies(self) -> list[str]:
        """Read codes of currencies, parted as anyone would."""
        codes = self.cleaned_data["currencies"].replace(",", " ").replace(";", " ").upper().split()
        for code in codes:
            if not money.is_currency(code):
                raise forms.ValidationError(
                    _("“%(code)s” is not the code of a currency."), params={"code": code[:12]}
                )
        if len(codes) > MOST_CURRENCIES:
            raise forms.ValidationError(_("At most 20."))
        return sorted(set(codes))
