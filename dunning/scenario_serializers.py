"""Scenarios, their steps, rules and choices as programs read and write them."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from common.api import KeyField, MoneyField, StrictModelSerializer, StrictSerializer
from common.money import Money
from dunning import standard
from dunning.assigning import MOST_RULES, RuleDraft
from dunning.contradictions import EARLIEST, LATEST, MOST_STEPS
from dunning.drafts import StepDraft
from dunning.models import (
    Approval,
    Channel,
    CustomerKind,
    Scenario,
    ScenarioOverride,
    ScenarioVersion,
    Step,
    StepKind,
    Tone,
)
from invoices.models import Customer, Invoice

MOST_DAYS = 365


class OwnMoneyField(MoneyField):
    """An amount in the organization's currency, kept as minor units; the context names it."""

    default_error_messages = {"currency": "Write it in the organization's currency."}

    def to_representation(self, value: Any) -> dict[str, str]:
        return super().to_representation(Money(value, self.context["currency"]))

    def to_internal_value(self, data: Any) -> Any:
        amount = super().to_internal_value(data)
        if amount.currency != self.context["currency"]:
            self.fail("currency")
        if amount.minor <= 0:
            raise serializers.ValidationError("Write an amount above zero.")
        return amount.minor


class StepSerializer(StrictModelSerializer[Step]):
    id = serializers.CharField(read_only=True)
    least = OwnMoneyField(source="least_minor", allow_null=True)

    class Meta:
        model = Step
        fields = [
            "id",
            "level",
            "offset_days",
            "channel",
            "tone",
            "kind",
            "contact_role",
            "least",
            "customer_kind",
            "approval",
        ]


class NewStepSerializer(StrictSerializer):
    """A step to write; one that the scenario has already may say its level."""

    level = serializers.IntegerField(min_value=1, max_value=32767, required=False, allow_null=True)
    offset_days = serializers.IntegerField(min_value=EARLIEST, max_value=LATEST)
    channel = serializers.ChoiceField(Channel.choices)
    tone = serializers.ChoiceField(Tone.choices)
    kind = serializers.ChoiceField(StepKind.choices)
    contact_role = serializers.CharField(max_length=60, default="", allow_blank=True)
    least = OwnMoneyField(required=False, allow_null=True)
    customer_kind = serializers.ChoiceField(CustomerKind.choices, default="", allow_blank=True)
    approval = serializers.ChoiceField(Approval.choices, default=Approval.INHERIT.value)


class ChangedStepSerializer(NewStepSerializer):
    """What becomes of a step; what is not said stays. `version`: of the scenario as it was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


def draft(values: Mapping[str, Any]) -> StepDraft:
    """Return a step as it was sent."""
    return StepDraft(**{"level": None, **values_of(values)})


def changes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said of a step that is there; its level stays."""
    return {name: value for name, value in values_of(values).items() if name != "level"}


def values_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said by the names that a draft has."""
    names = {"least": "least_minor"}
    return {names.get(name, name): value for name, value in values.items() if name != "version"}


class ScenarioSerializer(StrictModelSerializer[Scenario]):
    """A way of asking, its lowest step first."""

    id = serializers.CharField(read_only=True)
    steps = serializers.SerializerMethodField()

    class Meta:
        model = Scenario
        fields = ["id", "name", "is_default", "version", "archived_at", "steps"]

    def get_steps(self, scenario: Scenario) -> list[dict[str, Any]]:
        """Return its steps by level."""
        living = [step for step in scenario.steps.all() if step.retired_at is None]
        return [dict(StepSerializer(step, context=self.context).data) for step in living]


class NewScenarioSerializer(StrictSerializer):
    """A scenario to write: a copy of a ready-made one, of one that is there, or its own steps."""

    name = serializers.CharField(max_length=80)
    ready_made = serializers.ChoiceField(list(standard.READY_MADE), required=False)
    copy_of = KeyField(Scenario, required=False)
    steps = NewStepSerializer(many=True, required=False, max_length=MOST_STEPS)  # type: ignore[call-arg]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two answers to one question, and none."""
        if len({"ready_made", "copy_of", "steps"} & attrs.keys()) != 1:
            raise serializers.ValidationError("Give one of ready_made, copy_of and steps.")
        if any(step.get("level") is not None for step in attrs.get("steps", ())):
            raise serializers.ValidationError({"steps": "New steps have no level yet."})
        return attrs


class DraftSerializer(StrictSerializer):
    """All steps that a scenario shall have."""

    steps = NewStepSerializer(many=True, max_length=MOST_STEPS)  # type: ignore[call-arg]


class ChangedScenarioSerializer(StrictSerializer):
    """What becomes of a scenario; name and steps need the `version` that was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    name = serializers.CharField(max_length=80, required=False)
    steps = NewStepSerializer(many=True, required=False, max_length=MOST_STEPS)  # type: ignore[call-arg]
    is_default = serializers.ChoiceField([True], required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse to write over what was not read."""
        if attrs.keys() & {"name", "steps"} and "version" not in attrs:
            raise serializers.ValidationError({"version": "Say which version you read."})
        return attrs


class HeirSerializer(StrictSerializer):
    """Where the rules and choices of an archived scenario lead from now on."""

    heir = KeyField(Scenario, required=False, allow_null=True)


class RestoredSerializer(StrictSerializer):
    """The number of the version to restore, and the version that was read."""

    number = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class VersionSerializer(StrictModelSerializer[ScenarioVersion]):
    """A scenario as somebody saved it."""

    class Meta:
        model = ScenarioVersion
        fields = ["number", "name", "author", "saved_at", "steps"]


class DifferenceSerializer(serializers.Serializer[Any]):
    """What the next 30 days would be with a draft, in acts."""

    customers = serializers.IntegerField()
    invoices = serializers.IntegerField()
    forward = serializers.IntegerField()
    back = serializers.IntegerField()
    added = serializers.IntegerField()
    taken = serializers.IntegerField()
    twice = serializers.IntegerField()


class RuleSerializer(StrictSerializer):
    """Which invoices follow a scenario by themselves; all that it asks must be so."""

    scenario = KeyField(Scenario)
    segment = serializers.CharField(max_length=40, default="", allow_blank=True)
    customer_kind = serializers.ChoiceField(CustomerKind.choices, default="", allow_blank=True)
    owed = OwnMoneyField(source="owed_minor", required=False, allow_null=True)
    invoiced = OwnMoneyField(source="invoiced_minor", required=False, allow_null=True)
    late_days = serializers.IntegerField(
        min_value=0, max_value=MOST_DAYS, required=False, allow_null=True
    )


class RulesSerializer(StrictSerializer):
    """The rules, the first to be asked first."""

    rules = RuleSerializer(many=True, max_length=MOST_RULES)  # type: ignore[call-arg]

    def drafts(self) -> list[RuleDraft]:
        """Return them as `assigning` takes them."""
        return [RuleDraft(**values) for values in self.validated_data["rules"]]


class ChangingSerializer(serializers.Serializer[Any]):
    """How many customers would follow another scenario."""

    customers = serializers.IntegerField()


class OverrideSerializer(StrictModelSerializer[ScenarioOverride]):
    """A scenario that was chosen for a customer or an invoice, whatever the rules say."""

    id = serializers.CharField(read_only=True)
    customer = serializers.CharField(source="customer_id", allow_null=True)
    invoice = serializers.CharField(source="invoice_id", allow_null=True)
    scenario = serializers.CharField(source="scenario_id")

    class Meta:
        model = ScenarioOverride
        fields = ["id", "customer", "invoice", "scenario"]


class NewOverrideSerializer(StrictSerializer):
    """The scenario of a customer or of an invoice; null leaves it to the rules again."""

    customer = KeyField(Customer, required=False)
    invoice = KeyField(Invoice, required=False)
    scenario = KeyField(Scenario, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two answers to one question, and none."""
        if ("customer" in attrs) == ("invoice" in attrs):
            raise serializers.ValidationError("Give customer or invoice.")
        return attrs
