"""How the pages about asking understand what is typed."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.fields import AmountField, DayField, PhoneField, key
from dunning import phrases
from dunning.calling import MORNING, Said
from dunning.models import Call, Ground, OtherOutcome, Outcome
from invoices.models import Contact, Customer

MEANS = [
    ("transfer", _("Transfer")),
    ("card", _("Card")),
    ("cheque", _("Cheque")),
    ("other", _("Other")),
]


class Promise(forms.Form):
    """What a debtor says he will pay, and when."""

    promised_on = DayField(label=_("Promised for"))

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        amount = AmountField(label=_("Amount promised"), currency=currency)
        self.fields = {"amount": amount, **self.fields}


class Contested(forms.Form):
    """What a debtor contests: all of an invoice, or an amount of it."""

    category = forms.ChoiceField(label=_("Ground"), choices=Ground.choices)
    reason = forms.CharField(label=_("What was said"), max_length=200, required=False)

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        contested = AmountField(
            label=_("Contested amount"),
            currency=currency,
            required=False,
            help_text=_("Empty: all of it. The rest is still asked for."),
        )
        self.fields["contested"] = contested


class EndOfPause(forms.Form):
    """Until when to be quiet, and why."""

    until = DayField(label=_("Quiet until"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class Posted(forms.Form):
    """When letters were posted."""

    posted_on = DayField(label=_("Posted on"), ahead=False)


class Address(forms.Form):
    """Where letters to a customer go, as the post reads it through the window."""

    address = forms.CharField(
        label=_("Address"), max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
    postcode = forms.CharField(label=_("Postcode"), max_length=16, required=False)
    city = forms.CharField(label=_("City"), max_length=80)

    def __init__(self, *args: Any, customer: Customer, **options: Any) -> None:
        options["initial"] = model_to_dict(customer, list(self.base_fields))
        super().__init__(*args, **options)
        self.customer = customer
        for field in self.fields.values():
            field.widget.attrs["form"] = self.prefix  # it stands within the form of the letters

    def clean(self) -> dict[str, Any]:
        """Refuse what the post can't sort, or the window does not show whole."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        if self.customer.country == "FR" and not cleaned["postcode"]:
            self.add_error("postcode", self.fields["postcode"].error_messages["required"])
            return cleaned
        place = f"{cleaned['postcode']} {cleaned['city']}"
        lines = [*cleaned["address"].splitlines(), place]
        if not phrases.fits_window(self.customer.name, lines):
            self.add_error(
                "address", _("At most six lines of 38 characters, name and city included.")
            )
        return cleaned


class CallOutcome(forms.Form):
    """How a call went; of the fields, those of the outcome that was chosen count."""

    outcome = forms.ChoiceField(label=_("Outcome of the call"), choices=Outcome.choices)
    promised_on = DayField(label=_("Promised for"), required=False)
    means = forms.ChoiceField(label=_("Means"), choices=MEANS, required=False)
    paid_on = DayField(label=_("Paid on"), required=False, ahead=False)
    paid_means = forms.ChoiceField(label=_("Means"), choices=MEANS, required=False)
    paid_reference = forms.CharField(label=_("Reference"), max_length=60, required=False)
    ground = forms.ChoiceField(label=_("Ground"), choices=Ground.choices, required=False)
    back_on = DayField(label=_("Day"), required=False)
    back_at = forms.TimeField(
        label=_("Hour"),
        required=False,
        input_formats=["%H:%M", "%Hh%M", "%H h %M", "%Hh", "%H"],
        widget=forms.TimeInput(format="%H:%M"),
    )
    back_to = forms.ChoiceField(label=_("Whom to ask"), required=False)
    phone = PhoneField(label=_("The right number"), required=False)
    what = forms.ChoiceField(label=_("What happened"), choices=OtherOutcome.choices, required=False)
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "data-key": "n", "aria-keyshortcuts": "n"}),
    )
    # What is missing is said at the field of the outcome that needs it.
    NEEDED = {
        Outcome.PROMISE: "promised_on",
        Outcome.DISPUTE: "ground",
        Outcome.CALL_BACK: "back_on",
    }
    ABOUT_INVOICES = (Outcome.PROMISE, Outcome.SAYS_PAID, Outcome.DISPUTE)
    # Where a refusal is said, by its code; the others stand above the form.
    SAID_AT = {
        "over_promised": "amount",
        "over_contested": "contested",
        "ends_before_it_begins": "promised_on",
        "too_far_ahead": "promised_on",
        "no_working_day": "back_on",
    }

    def __init__(
        self, *args: Any, call: Call, contacts: list[Contact], currency: str, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.call, self.contacts = call, {contact.pk: contact for contact in contacts}
        self.fields["amount"] = AmountField(
            label=_("Amount promised"), currency=currency, required=False
        )
        self.fields["contested"] = AmountField(
            label=_("Contested amount"),
            currency=currency,
            required=False,
            help_text=_("Empty: all of it. The rest is still asked for."),
        )
        back_to = self.fields["back_to"]
        if isinstance(back_to, forms.ChoiceField):
            back_to.choices = [(contact.pk, str(contact)) for contact in contacts]

    def clean(self) -> dict[str, Any]:
        """Ask for what the outcome needs; what other outcomes would need is no one's concern."""
        cleaned: dict[str, Any] = super().clean() or {}
        outcome = cleaned.get("outcome")
        for name in list(self.errors):
            if name not in {"outcome", "note", *PARTS.get(str(outcome), ())}:
                del self.errors[name]
        needed = self.NEEDED.get(outcome) if outcome in Outcome.values else None
        if outcome == Outcome.OTHER and cleaned.get("what") in {"", OtherOutcome.SOMETHING_ELSE}:
            needed = "note"
        if outcome in self.ABOUT_INVOICES and not self.chosen:
            self.add_error(None, _("Tick at least one invoice."))
        if needed and not cleaned.get(needed) and needed not in self.errors:
            self.add_error(needed, self.fields[needed].error_messages["required"])
        return cleaned

    @property
    def chosen(self) -> list[int]:
        """Return the ids of the invoices that are ticked."""
        return [
            key(text) for text in cast("MultiValueDict[str, str]", self.data).getlist("invoice")
        ]

    def said(self) -> Said:
        """Return what was said, as `calling` takes it."""
        values = self.cleaned_data
        outcome = values["outcome"]
        category = {
            Outcome.PROMISE: values.get("means"),
            Outcome.SAYS_PAID: values.get("paid_means"),
            Outcome.DISPUTE: values.get("ground"),
        }
        return Said(
            outcome=outcome,
            note=self._note(),
            amount=values.get("contested" if outcome == Outcome.DISPUTE else "amount"),
            day=values.get("promised_on"),
            category=category.get(outcome) or "",
            again_at=self._again_at() if outcome == Outcome.CALL_BACK else None,
            phone=values.get("phone", ""),
            contact=self.contacts.get(key(values.get("back_to", ""))),
            what=values.get("what", ""),
            invoices=self.chosen if outcome in self.ABOUT_INVOICES else None,
        )

    def refuse(self, refusal: DomainError) -> None:
        """Say why what is written cannot be noted, at its field if it has one."""
        self.add_error(self.SAID_AT.get(refusal.code), str(refusal))

    def _note(self) -> str:
        """Return the note; before it, when and how money is said to have been sent."""
        values = self.cleaned_data
        told = [values["note"]]
        if values["outcome"] == Outcome.SAYS_PAID:
            day = values.get("paid_on")
            told = [f"{day:%d/%m/%Y}" if day else "", values["paid_reference"], *told]
        return " · ".join(part for part in told if part)

    def _again_at(self) -> datetime:
        day, hour = self.cleaned_data["back_on"], self.cleaned_data.get("back_at")
        return timezone.make_aware(datetime.combine(day, hour or MORNING))


PARTS = {
    Outcome.PROMISE.value: ("amount", "promised_on", "means"),
    Outcome.SAYS_PAID.value: ("paid_on", "paid_means", "paid_reference"),
    Outcome.DISPUTE.value: ("ground", "contested"),
    Outcome.CALL_BACK.value: ("back_on", "back_at", "back_to"),
    Outcome.WRONG_NUMBER.value: ("phone",),
    Outcome.OTHER.value: ("what",),
}
