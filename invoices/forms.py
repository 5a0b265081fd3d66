"""How what is typed on the pages of this app is understood."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.fields import AmountField
from common.tenancy import SYSTEM
from invoices.history import Wanted
from invoices.models import CreditNote, ImportedFile, Invoice
from organizations.models import Membership, Organization

# The kinds of the history by what they are about, which is the app that notes them.
GROUPS = (
    ("dunning", _("Reminders, calls and cases")),
    ("invoices", _("Invoices and customers")),
    ("payments", _("Payments")),
    ("reconciliation", _("Bank")),
    ("organizations", _("Settings and people")),
    ("integrations", _("Programs")),
)
_KIND = re.compile(r"[a-z]{1,20}\.[a-z_]{1,39}", re.ASCII)
_ACTOR = re.compile(r"(user|key):[0-9]{1,18}", re.ASCII)


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
            (ImportedFile.Kind.EINVOICE_STATUSES, _("Statuses of electronic invoices")),
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


class HistoryFilter(forms.Form):
    """What of the history is asked for; an empty field asks for everything."""

    kind = forms.ChoiceField(label=_("What"), required=False)
    actor = forms.ChoiceField(label=_("By whom"), required=False)
    customer = forms.CharField(label=_("Customer"), max_length=120, required=False)
    invoice = forms.CharField(label=_("Invoice"), max_length=64, required=False)
    since = forms.DateField(
        label=_("From day"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("To day"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    before = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    after = forms.IntegerField(min_value=0, max_value=2**63 - 1, required=False)

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("Everything")), *self._kinds()]  # type: ignore[attr-defined]
        self.fields["actor"].choices = [  # type: ignore[attr-defined]
            ("", _("Anybody")),
            *self._actors(organization),
        ]

    def wanted(self) -> Wanted:
        """Return what a valid filter asks for."""
        asked = self.cleaned_data
        return Wanted(
            kind=asked["kind"],
            actor=asked["actor"],
            customer=asked["customer"].strip(),
            invoice=asked["invoice"].strip(),
            since=asked["since"],
            until=asked["until"],
        )

    def _kinds(self) -> Iterator[tuple[str, Any]]:
        """Give the groups, and a single kind that the address names."""
        yield from GROUPS
        named = self.data.get("kind", "")
        if _KIND.fullmatch(named):
            yield named, named

    def _actors(self, organization: Organization) -> Iterable[tuple[str, Any]]:
        """Return who may have acted, and somebody who left, whom the address names."""
        named = self.data.get("actor", "")
        known: dict[str, Any] = {named: named} if _ACTOR.fullmatch(named) else {}
        known[SYSTEM] = _("Automatic")
        known |= {f"user:{one.user_id}": str(one.user) for one in _members(organization)}
        known |= {f"key:{key.pk}": f"API · {key.name}" for key in organization.api_keys.all()}
        return known.items()


def _members(organization: Organization) -> QuerySet[Membership]:
    return organization.memberships.select_related("user").order_by("pk")
