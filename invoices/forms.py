"""How what is typed on the pages of this app is understood."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.fields import AmountField
from invoices.models import CreditNote, ImportedFile, Invoice


class InCharge(forms.Form):
    """Who looks after a customer."""

    def __init__(self, *args: Any, members: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["in_charge"] = forms.TypedChoiceField(
            label=_("In charge"),
            coerce=int,
            empty_value=None,
            required=False,
            choices=[("", _("Nobody")), *members],
        )


class SetOff(forms.Form):
    """Which invoice a credit note is set off against, and how much of it."""

    def __init__(
        self, data: Any = None, *, note: CreditNote, invoices: Iterable[Invoice], **options: Any
    ) -> None:
        super().__init__(data, initial={"amount": note.balance}, **options)
        self.invoices = {
            str(invoice.pk): invoice for invoice in invoices if invoice.currency == note.currency
        }
        choices = [(key, invoice.number) for key, invoice in self.invoices.items()]
        self.fields["invoice"] = forms.ChoiceField(label=_("Against the invoice"), choices=choices)
        self.fields["amount"] = AmountField(label=_("Amount"), currency=note.currency)

    def clean_invoice(self) -> Invoice:
        """Return the invoice that was chosen."""
        return self.invoices[self.cleaned_data["invoice"]]


class TakeIn(forms.Form):
    """Files, what they hold, and what they themselves leave unclear."""

    kind = forms.ChoiceField(
        label=_("The file holds"),
        choices=[
            (ImportedFile.Kind.INVOICES, _("Invoices and credit notes")),
            (ImportedFile.Kind.CUSTOMERS, _("Customers")),
        ],
        initial=ImportedFile.Kind.INVOICES,
    )
    file = forms.FileField(label=_("File"), allow_empty_file=True)
    date_order = forms.ChoiceField(
        label=_("Dates are written"),
        choices=[
            ("", _("As the file shows")),
            ("dmy", _("day first: 31/12/2026")),
            ("mdy", _("month first: 12/31/2026")),
        ],
        required=False,
    )
    decimal_sign = forms.ChoiceField(
        label=_("Cents are written"),
        choices=[
            ("", _("As the file shows")),
            (",", _("after a comma: 1 234,56")),
            (".", _("after a point: 1,234.56")),
        ],
        required=False,
    )


class ContactForm(forms.Form):
    """Someone who can be asked: by an address, or by a number."""

    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.CharField(label=_("Role"), max_length=60, required=False)
    email = forms.EmailField(label=_("Email"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=24, required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse a contact whom nothing reaches."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not (cleaned.get("email") or cleaned.get("phone")):
            raise forms.ValidationError(_("Give an email or a phone number."))
        return cleaned
