"""How the pages about scenarios understand what is typed."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.fields import AmountField, key
from common.money import Money
from dunning import scenarios, standard
from dunning.assigning import MOST_RULES, RuleDraft
from dunning.contradictions import EARLIEST, LATEST, MOST_STEPS
from dunning.drafts import StepDraft
from dunning.models import Approval, Channel, CustomerKind, Scenario, StepKind, Tone

ROOM = MOST_STEPS + 10  # cards that a page takes, emptied ones too
BEFORE, AFTER = "before", "after"


class StepForm(forms.Form):
    """A card of the editor."""

    level = forms.IntegerField(
        required=False, min_value=1, max_value=32767, widget=forms.HiddenInput
    )
    days = forms.IntegerField(
        label=_("Days"),
        min_value=0,
        max_value=LATEST,
        widget=forms.NumberInput({"class": "num", "inputmode": "numeric"}),
    )
    side = forms.ChoiceField(
        label=_("Counted"),
        choices=[(BEFORE, _("before the due date")), (AFTER, _("after the due date"))],
    )
    kind = forms.ChoiceField(label=_("Step"), choices=StepKind.choices)
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    tone = forms.ChoiceField(label=_("Tone"), choices=Tone.choices)
    contact_role = forms.CharField(label=_("Role of the contact"), max_length=60, required=False)
    customer_kind = forms.ChoiceField(
        label=_("Only for"), choices=[("", _("Everybody")), *CustomerKind.choices], required=False
    )
    approval = forms.ChoiceField(label=_("Approval"), choices=Approval.choices)

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["least"] = AmountField(
            label=_("Only when left to pay, at least"), currency=currency, required=False
        )

    def clean(self) -> dict[str, Any]:
        """Refuse a day further before the due date than anybody asks."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("side") == BEFORE and cleaned.get("days", 0) > -EARLIEST:
            self.add_error("days", _("At most %(days)s days before.") % {"days": -EARLIEST})
        return cleaned

    def draft(self) -> StepDraft:
        """Return the step; a thank-you has no day."""
        said = self.cleaned_data
        least = said["least"]
        days = -said["days"] if said["side"] == BEFORE else said["days"]
        return StepDraft(
            level=said["level"],
            offset_days=0 if said["kind"] == StepKind.THANK_YOU else days,
            channel=said["channel"],
            tone=said["tone"],
            kind=said["kind"],
            contact_role=said["contact_role"].strip(),
            least_minor=None if least is None else least.minor,
            customer_kind=said["customer_kind"],
            approval=said["approval"],
        )


StepForms = forms.formset_factory(
    StepForm, extra=0, can_delete=True, max_num=ROOM, absolute_max=ROOM, validate_max=True
)


def initial(steps: Iterable[StepDraft], *, currency: str) -> list[dict[str, Any]]:
    """Return what the cards of a scenario say, in the order of its days."""
    ordered = sorted(steps, key=lambda step: (step.is_thank_you, step.order))
    return [
        {
            "level": step.level,
            "days": abs(step.offset_days),
            "side": BEFORE if step.offset_days < 0 else AFTER,
            "kind": step.kind,
            "channel": step.channel,
            "tone": step.tone,
            "contact_role": step.contact_role,
            "least": None if step.least_minor is None else Money(step.least_minor, currency),
            "customer_kind": step.customer_kind,
            "approval": step.approval,
        }
        for step in ordered
    ]


def with_another(data: Any) -> Any:
    """Return what was sent, with one more card that says what a next step mostly is."""
    more = data.copy()
    number = min(key(data.get("form-TOTAL_FORMS", "")), ROOM - 1)
    more["form-TOTAL_FORMS"] = str(number + 1)
    usual = {"side": AFTER, "kind": "courteous", "channel": "email", "tone": "courteous"}
    for name, value in {**usual, "approval": "inherit"}.items():
        more[f"form-{number}-{name}"] = value
    return more


class ScenarioName(forms.Form):
    """What a scenario is called, and which version of it was read."""

    name = forms.CharField(label=_("Name"), max_length=80)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class NewScenario(forms.Form):
    """A new scenario, and which it is a copy of."""

    name = forms.CharField(label=_("Name"), max_length=80)
    base = forms.ChoiceField(label=_("A copy of"))

    def __init__(self, *args: Any, present: Sequence[Scenario], **options: Any) -> None:
        super().__init__(*args, **options)
        self.present = {str(one.pk): one for one in present}
        ready = [(name, scenarios.label(name)) for name in standard.READY_MADE]
        own = [(pk, scenarios.label(one.name)) for pk, one in self.present.items()]
        self.fields["base"].choices = [  # type: ignore[attr-defined]
            (_("Ready-made"), ready),
            (_("Your scenarios"), own),
        ]

    def steps(self) -> tuple[StepDraft, ...]:
        """Return the steps to copy."""
        base = self.cleaned_data["base"]
        if base in standard.READY_MADE:
            return standard.READY_MADE[base]
        return scenarios.drafts_of(self.present[base])


class RuleForm(forms.Form):
    """A rule; its place is a number, so that it moves without a mouse."""

    place = forms.IntegerField(
        label=_("Place"),
        min_value=1,
        max_value=999,
        widget=forms.NumberInput({"class": "num", "inputmode": "numeric"}),
    )
    segment = forms.CharField(label=_("Segment"), max_length=40, required=False)
    customer_kind = forms.ChoiceField(
        label=_("Kind of customer"),
        choices=[("", _("Everybody")), *CustomerKind.choices],
        required=False,
    )
    late_days = forms.IntegerField(
        label=_("Pays usually late by, days at least"),
        min_value=0,
        max_value=LATEST,
        required=False,
        widget=forms.NumberInput({"class": "num", "inputmode": "numeric"}),
    )
    scenario = forms.ChoiceField(label=_("Scenario"))

    def __init__(
        self, *args: Any, currency: str, present: Sequence[Scenario], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.present = {str(one.pk): one for one in present}
        owed, invoiced = _("Owes in all, at least"), _("Invoice of at least")
        self.fields["owed"] = AmountField(label=owed, currency=currency, required=False)
        self.fields["invoiced"] = AmountField(label=invoiced, currency=currency, required=False)
        self.fields["scenario"].choices = [  # type: ignore[attr-defined]
            ("", "–"),
            *((pk, scenarios.label(one.name)) for pk, one in self.present.items()),
        ]

    def draft(self) -> RuleDraft:
        """Return the rule."""
        said = self.cleaned_data
        return RuleDraft(
            scenario=self.present[said["scenario"]],
            segment=said["segment"].strip(),
            customer_kind=said["customer_kind"],
            owed_minor=None if said["owed"] is None else said["owed"].minor,
            invoiced_minor=None if said["invoiced"] is None else said["invoiced"].minor,
            late_days=said["late_days"],
        )


RuleForms = forms.formset_factory(
    RuleForm, extra=1, can_delete=True, max_num=MOST_RULES, absolute_max=MOST_RULES
)


def initial_rules(rules: Sequence[RuleDraft], *, currency: str) -> list[dict[str, Any]]:
    """Return what the form of the rules says."""

    def amount(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, currency)

    return [
        {
            "place": place,
            "segment": rule.segment,
            "customer_kind": rule.customer_kind,
            "owed": amount(rule.owed_minor),
            "invoiced": amount(rule.invoiced_minor),
            "late_days": rule.late_days,
            "scenario": str(rule.scenario.pk),
        }
        for place, rule in enumerate(rules, start=1)
    ]


class Followed(forms.Form):
    """The scenario that somebody chooses for a customer or an invoice."""

    scenario = forms.ChoiceField(label=_("Scenario"), required=False)

    def __init__(self, *args: Any, present: Sequence[Scenario], **options: Any) -> None:
        super().__init__(*args, **options)
        self.present = {str(one.pk): one for one in present}
        self.fields["scenario"].choices = [  # type: ignore[attr-defined]
            ("", _("By the rules")),
            *((pk, scenarios.label(one.name)) for pk, one in self.present.items()),
        ]

    def chosen(self) -> Scenario | None:
        """Return the scenario; None leaves it to the rules."""
        return self.present.get(self.cleaned_data["scenario"])
