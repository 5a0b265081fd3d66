"""How what is typed on the pages of this app is understood."""

from django import forms
from django.utils.translation import gettext_lazy as _

from invoices.models import ImportedFile


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
