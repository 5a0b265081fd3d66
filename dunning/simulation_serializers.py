"""Simulations as programs ask for them and read them."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from common.api import MoneyField, StrictSerializer
from dunning import foreseen, simulator
from dunning.assigning import MOST_RULES
from dunning.comparing import Difference
from dunning.contradictions import MOST_STEPS
from dunning.foreseen import Reached, Run
from dunning.scenario_serializers import DifferenceSerializer, NewStepSerializer
from dunning.simulation_form import COMING, LARGEST, MOST_COMING, MOST_IN_A_YEAR, YEAR
from dunning.simulator import Simulation

MOST_NAMED = 200  # customers who would hear too much, the worst first


class SimulationRequestSerializer(StrictSerializer):
    """What to simulate; without steps the scenario as it is saved."""

    steps = NewStepSerializer(many=True, required=False, max_length=MOST_STEPS)  # type: ignore[call-arg]
    over = serializers.ChoiceField([COMING, YEAR], default=COMING)
    days = serializers.ChoiceField([30, 60, 90], default=30)
    followed_by = serializers.ChoiceField(
        [simulator.AS_NOW, simulator.DEFAULT, simulator.EVERYBODY], default=simulator.AS_NOW
    )
    rules = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_RULES),
        required=False,
        max_length=MOST_RULES,
        help_text="The places of the rules, in the order in which they would be asked.",
    )
    payments = serializers.ChoiceField(["none", "habit"], default="none")
    calls_per_day = serializers.IntegerField(min_value=0, max_value=LARGEST, required=False)
    most_contacts = serializers.IntegerField(min_value=0, max_value=LARGEST, required=False)

    def validate_rules(self, places: list[int]) -> list[int]:
        """Refuse places that no rule has, and a rule asked twice."""
        count = self.context["rules"]
        if len(set(places)) < len(places) or any(place > count for place in places):
            raise serializers.ValidationError(f"Name the rules by their places, 1 to {count}.")
        return [place - 1 for place in places]

    @property
    def most(self) -> int:
        """Return above how many contacts a customer hears too much."""
        values = self.validated_data
        usual = MOST_IN_A_YEAR if values["over"] == YEAR else MOST_COMING
        return int(values.get("most_contacts", usual))


class PeriodSerializer(serializers.Serializer[Any]):
    """A day, a week from its Monday, or a month: contacts by channel."""

    begins_on = serializers.DateField()
    channels = serializers.DictField(child=serializers.IntegerField())


class FullDaySerializer(serializers.Serializer[Any]):
    """A day with more calls than can be made."""

    date = serializers.DateField()
    calls = serializers.IntegerField()


class ReachedSerializer(serializers.Serializer[Any]):
    """A step of the last year: instalments it asked, and those paid before it could."""

    level = serializers.IntegerField()
    offset_days = serializers.IntegerField()
    channel = serializers.CharField()
    kind = serializers.CharField()
    asked = serializers.IntegerField()
    paid_before = serializers.IntegerField()


class RunSerializer(serializers.Serializer[Any]):
    """What one of the two runs brings."""

    contacts = serializers.IntegerField()
    channels = serializers.DictField(child=serializers.IntegerField())
    asked = serializers.ListField(child=MoneyField())
    customers = serializers.IntegerField()
    formal_notices = serializers.IntegerField()
    periods = PeriodSerializer(many=True)
    too_many_calls = FullDaySerializer(many=True)
    steps = ReachedSerializer(many=True)


class TooMuchSerializer(serializers.Serializer[Any]):
    """A customer who would hear too much."""

    customer = serializers.CharField()
    today = serializers.IntegerField()
    draft = serializers.IntegerField()


class SimulationSerializer(serializers.Serializer[Any]):
    """The same days with what is in force, and with the draft; nothing was written."""

    start_on = serializers.DateField()
    days = serializers.IntegerField()
    debtors = serializers.IntegerField()
    debtors_in_all = serializers.IntegerField()
    today = RunSerializer()
    draft = RunSerializer()
    difference = DifferenceSerializer(allow_null=True)
    too_much = TooMuchSerializer(many=True)


def document(found: Simulation, *, capacity: int | None, most: int) -> dict[str, Any]:
    """Return a simulation as programs read it."""
    return {
        "start_on": found.draft.start.isoformat(),
        "days": found.draft.days,
        "debtors": found.debtors,
        "debtors_in_all": found.of,
        "today": _run(found.today, found.reached_today, capacity=capacity),
        "draft": _run(found.draft, found.reached, capacity=capacity),
        "difference": None if found.difference is None else difference(found.difference),
        "too_much": [
            {"customer": str(one.customer_id), "today": one.was, "draft": one.will_be}
            for one in foreseen.too_much(found.today, found.draft, most=most)[:MOST_NAMED]
        ],
    }


def difference(found: Difference) -> dict[str, int]:
    """Return a difference in acts."""
    counts = {name: len(getattr(found, name)) for name in ("forward", "back", "added", "taken")}
    return {
        "customers": found.customers,
        "invoices": found.invoices,
        **counts,
        "twice": found.twice,
    }


def _run(run: Run, steps: Sequence[Reached], *, capacity: int | None) -> dict[str, Any]:
    money = MoneyField()
    full = [] if capacity is None else run.over(capacity)
    return {
        "contacts": run.count,
        "channels": dict(run.channels),
        "asked": [money.to_representation(amount) for amount in run.amounts],
        "customers": len(run.contacts),
        "formal_notices": len(run.formal_notices),
        "periods": [
            {"begins_on": begins.isoformat(), "channels": dict(channels)}
            for begins, channels in run.periods()
        ],
        "too_many_calls": [{"date": day.isoformat(), "calls": calls} for day, calls in full],
        "steps": [
            {
                "level": row.step.level,
                "offset_days": row.step.offset_days,
                "channel": row.step.channel,
                "kind": row.step.kind,
                "asked": row.asked,
                "paid_before": row.paid_before,
            }
            for row in steps
        ],
    }
