"""Messages, calls, holds and scenarios as programs read and write them."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from common.api import KeyField, MoneyField, StrictModelSerializer, StrictSerializer
from common.money import Money
from dunning import calling, composing
from dunning.debtor import BLOCKERS
from dunning.models import (
    Act,
    Call,
    Channel,
    Ground,
    Hold,
    Message,
    OtherOutcome,
    Outcome,
)
from dunning.writing import CallScript
from invoices.models import Contact, Customer, Invoice

# How money that is on its way travels; those of payments, named here because they lie above.
MEANS = ("transfer", "card", "direct_debit", "cheque", "cash", "effect", "other")


class BlockerSerializer(serializers.Serializer[Any]):
    """Why nothing happens, until when, since when, and by whose hand."""

    kind = serializers.ChoiceField(BLOCKERS)
    until = serializers.DateField(allow_null=True)
    since = serializers.DateField(allow_null=True)
    by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class NextActSerializer(serializers.Serializer[Any]):
    """What happens next to an invoice; all null when nothing is planned."""

    date = serializers.DateField(allow_null=True)
    channel = serializers.ChoiceField(Channel.values, allow_null=True)
    level = serializers.IntegerField(allow_null=True)
    rule = serializers.CharField(allow_null=True)


class NextActionSerializer(NextActSerializer):
    """What happens next to an invoice, and what is in the way."""

    blockers = BlockerSerializer(many=True)


class UsageSerializer(serializers.Serializer[Any]):
    """What the plan has followed this month, in the organization's zone."""

    plan = serializers.CharField()
    month = serializers.RegexField(r"^\d{4}-\d{2}$")
    limit = serializers.IntegerField(allow_null=True)  # null: as many as there are
    followed = serializers.IntegerField()  # a match counts beyond the limit too
    waiting = serializers.IntegerField()  # would be asked this month, but for the limit
    resets_on = serializers.DateField()


class MessageSerializer(StrictModelSerializer[Message]):
    """An email or a letter; its words stand once it is on its way."""

    id = serializers.CharField(read_only=True)
    customer = serializers.CharField(source="customer_id")
    contact = serializers.CharField(source="contact_id", allow_null=True)
    copy_of = serializers.CharField(source="copy_of_id", allow_null=True)
    invoices = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = [
            "id",
            "state",
            "channel",
            "kind",
            "level",
            "tone",
            "language",
            "customer",
            "contact",
            "invoices",
            "written_on",
            "to",
            "subject",
            "text",
            "printed_at",
            "sent_at",
            "delivered_at",
            "bounced_at",
            "copy_of",
            "receipt",
            "failure",
        ]

    def get_invoices(self, message: Message) -> list[str]:
        """Return the ids of the invoices it is about."""
        return _ids(message.acts.all())


class CallSerializer(StrictModelSerializer[Call]):
    """A phone call to make, or made."""

    id = serializers.CharField(read_only=True)
    customer = serializers.CharField(source="customer_id")
    contact = serializers.CharField(source="contact_id", allow_null=True)
    invoices = serializers.SerializerMethodField()
    amount_due = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()

    class Meta:
        model = Call
        fields = [
            "id",
            "state",
            "customer",
            "contact",
            "invoices",
            "amount_due",
            "reason",
            "written_on",
            "due_at",
            "outcome",
            "done_at",
            "note",
        ]

    def get_invoices(self, call: Call) -> list[str]:
        """Return the ids of the invoices it is about; of an open one, those still asked for."""
        return _ids(_acts(call))

    def get_amount_due(self, call: Call) -> dict[str, str] | None:
        """Return what is left of them, all of one currency."""
        balances = [act.instalment.asked for act in _acts(call)]
        if not balances:
            return None
        total = Money(sum(balance.minor for balance in balances), balances[0].currency)
        return MoneyField().to_representation(total)

    def get_reason(self, call: Call) -> str:
        """Return the rules that asked for it."""
        return "; ".join(sorted({act.rule for act in _acts(call)}))

    def get_state(self, call: Call) -> str:
        """Return "open", "done" or "cancelled"."""
        if call.done_at is not None:
            return "done"
        return "open" if call.cancelled_at is None else "cancelled"


class LeasedCallSerializer(CallSerializer):
    """A call that is yours until its lease ends, with what to say."""

    script = serializers.SerializerMethodField()
    voicemail = serializers.SerializerMethodField()

    class Meta(CallSerializer.Meta):
        fields = [*CallSerializer.Meta.fields, "script", "voicemail", "lease_until"]

    lease_until = serializers.DateTimeField(source="leased_until")

    def get_script(self, call: Call) -> list[str]:
        """Return the three turns of the call."""
        return [str(turn) for turn in self._script(call).turns]

    def get_voicemail(self, call: Call) -> str:
        """Return the message to leave when a machine answers."""
        return str(self._script(call).voicemail)

    def _script(self, call: Call) -> CallScript:
        return composing.script(call, _acts(call), on=self.context["on"])


class OutcomeSerializer(StrictSerializer):
    """How a call went. What an outcome needs is required with it, and refused with the others."""

    outcome = serializers.ChoiceField(Outcome.choices)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)
    what = serializers.ChoiceField(OtherOutcome.choices, required=False)
    invoices = serializers.ListField(
        child=KeyField(Invoice), required=False, allow_empty=False, max_length=200
    )
    amount = MoneyField(required=False)
    promised_on = serializers.DateField(required=False)
    means = serializers.ChoiceField(MEANS, required=False)
    ground = serializers.ChoiceField(Ground.choices, required=False)
    again_at = serializers.DateTimeField(required=False)
    contact = KeyField(Contact, required=False)
    phone = serializers.CharField(max_length=24, required=False)

    NEEDS = {"promise": "promised_on", "dispute": "ground", "call_back": "again_at"}
    ALSO = {
        "promise": {"amount"},
        "dispute": {"amount"},
        "says_paid": {"means"},
        "call_back": {"contact"},
        "wrong_number": {"phone"},
        "other": {"what"},
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an outcome without what it needs, and what belongs to another outcome."""
        outcome = attrs["outcome"]
        needed = self.NEEDS.get(outcome)
        if needed is not None and needed not in attrs:
            raise serializers.ValidationError({needed: f"The outcome {outcome} needs it."})
        known = {"outcome", "note", "invoices", needed, *self.ALSO.get(outcome, ())}
        for name in attrs.keys() - known:
            raise serializers.ValidationError({name: f"The outcome {outcome} has no {name}."})
        return attrs

    def said(self) -> calling.Said:
        """Return what was said, as `calling` takes it."""
        values = self.validated_data
        return calling.Said(
            outcome=values["outcome"],
            note=values["note"],
            amount=values.get("amount"),
            day=values.get("promised_on"),
            category=values.get("ground") or values.get("means", ""),
            again_at=values.get("again_at"),
            phone=values.get("phone", ""),
            contact=values.get("contact"),
            what=values.get("what", ""),
            invoices=self._invoices(),
        )

    def _invoices(self) -> list[int] | None:
        named = self.validated_data.get("invoices")
        return None if named is None else [invoice.pk for invoice in named]


class HoldSerializer(StrictModelSerializer[Hold]):
    """A reason to wait; it covers an invoice, else a customer, else everyone.

    One with `contested` covers that amount of its invoice alone.
    """

    id = serializers.CharField(read_only=True)
    contested = serializers.SerializerMethodField()
    customer = serializers.CharField(source="customer_id", allow_null=True)
    invoice = serializers.CharField(source="invoice_id", allow_null=True)
    promised = serializers.SerializerMethodField()

    class Meta:
        model = Hold
        fields = [
            "id",
            "kind",
            "customer",
            "invoice",
            "since",
            "until",
            "review_on",
            "reason",
            "category",
            "contested",
            "promised",
            "promised_on",
            "result",
            "ended_at",
        ]

    def get_contested(self, hold: Hold) -> dict[str, str] | None:
        """Return the amount of a dispute about a part."""
        contested = hold.contested
        return None if contested is None else MoneyField().to_representation(contested)

    def get_promised(self, hold: Hold) -> dict[str, str] | None:
        """Return the amount of a promise."""
        promised = hold.promised
        return None if promised is None else MoneyField().to_representation(promised)


class NewPauseSerializer(StrictSerializer):
    """A pause of an invoice, of a customer, or, naming neither, of everyone."""

    kind = serializers.ChoiceField([Hold.Kind.PAUSE.value], default=Hold.Kind.PAUSE.value)
    customer = KeyField(Customer, required=False)
    invoice = KeyField(Invoice, required=False)
    until = serializers.DateField()
    reason = serializers.CharField(max_length=200, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two answers to one question."""
        if "customer" in attrs and "invoice" in attrs:
            raise serializers.ValidationError("Give customer or invoice, not both.")
        return attrs


class NewPromiseSerializer(StrictSerializer):
    """What a debtor says he will pay of an invoice, and when."""

    invoice = KeyField(Invoice)
    amount = MoneyField()
    promised_on = serializers.DateField()


class NewDisputeSerializer(StrictSerializer):
    """What a debtor contests, all of an invoice or an amount of it, and on which ground."""

    invoice = KeyField(Invoice)
    amount = MoneyField(required=False)
    ground = serializers.ChoiceField(Ground.choices)
    reason = serializers.CharField(max_length=200, default="", allow_blank=True)


class PostedSerializer(StrictSerializer):
    """The number that the post gave to a registered letter."""

    number = serializers.CharField(max_length=40, default="", allow_blank=True)


def _acts(call: Call) -> list[Act]:
    is_open = call.done_at is None and call.cancelled_at is None
    return call.asked_acts if is_open else list(call.acts.all())


def _ids(acts: Iterable[Act]) -> list[str]:
    return sorted({str(act.instalment.invoice_id) for act in acts})
