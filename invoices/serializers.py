"""What is owed, and by whom, as programs read and write it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from common.api import KeyField, MoneyField, StrictModelSerializer, StrictSerializer
from common.money import Money
from common.refusals import SENTENCES, BadCell
from invoices.models import Contact, CreditNote, Customer, Instalment, Invoice
from invoices.recording import Said
from invoices.sources import identifiers
from organizations.serializers import MemberField

MOST_INSTALMENTS = 60


class ContactSerializer(StrictModelSerializer[Contact]):
    """A person who can be asked; the lowest rank is asked first."""

    id = serializers.CharField(read_only=True)
    language = serializers.ChoiceField(["fr", "en", ""], required=False)

    class Meta:
        model = Contact
        fields = ["id", "rank", "name", "role", "email", "phone", "language"]
        extra_kwargs = {"rank": {"required": False, "min_value": 1}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse someone who can be neither written to nor called."""
        reached = {name: getattr(self.instance, name, "") for name in ("email", "phone")} | attrs
        if not (reached["email"] or reached["phone"]):
            raise serializers.ValidationError("A contact has an email or a phone number.")
        return attrs


class CustomerSerializer(StrictModelSerializer[Customer]):
    """The company or person that owes."""

    id = serializers.CharField(read_only=True)
    code = serializers.CharField(max_length=40, required=False)
    language = serializers.ChoiceField(["fr", "en"], required=False)
    country = serializers.RegexField("^[A-Z]{2}$", required=False)
    ibans = serializers.ListField(
        child=serializers.CharField(max_length=42), max_length=20, required=False
    )
    in_charge = MemberField(required=False, allow_null=True)

    class Meta:
        model = Customer
        fields = [
            "id",
            "code",
            "name",
            "trading_name",
            "siren",
            "vat_number",
            "language",
            "address",
            "postcode",
            "city",
            "country",
            "segment",
            "group_code",
            "external_id",
            "ibans",
            "in_charge",
        ]
        extra_kwargs = {"siren": {"max_length": 20}, "vat_number": {"max_length": 24}}

    def validate_siren(self, text: str) -> str:
        """Keep the nine digits of a SIREN or SIRET whose key is right."""
        return _read(identifiers.siren, text)

    def validate_vat_number(self, text: str) -> str:
        """Keep a VAT number whose form, and key if it is French, are right."""
        return _read(identifiers.vat_number, text)

    def validate_ibans(self, texts: list[str]) -> list[str]:
        """Keep IBANs whose keys are right, each once."""
        numbers = list(dict.fromkeys(map(identifiers.compact, texts)))
        if not all(map(identifiers.is_iban, numbers)):
            raise serializers.ValidationError("One of these is no IBAN.")
        return numbers


class NewInstalmentSerializer(StrictSerializer):
    due_on = serializers.DateField()
    amount = MoneyField()


class InstalmentSerializer(StrictModelSerializer[Instalment]):
    amount = MoneyField()
    balance = MoneyField()

    class Meta:
        model = Instalment
        fields = ["due_on", "amount", "balance"]


class NewInvoiceSerializer(StrictSerializer):
    """An invoice to record: either one due date and a total, or its instalments."""

    number = serializers.CharField(max_length=64)
    kind = serializers.ChoiceField(Invoice.Kind.choices, default=Invoice.Kind.INVOICE)
    customer = KeyField(Customer)
    issued_on = serializers.DateField()
    due_on = serializers.DateField(required=False)
    total = MoneyField(required=False)
    instalments = NewInstalmentSerializer(many=True, required=False)
    order_number = serializers.CharField(max_length=64, default="", allow_blank=True)
    external_id = serializers.CharField(max_length=80, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what does not add up, is not owed, or is due before it was issued."""
        due = _due(attrs)
        if len(due) > MOST_INSTALMENTS:
            raise serializers.ValidationError(f"At most {MOST_INSTALMENTS} instalments.")
        if any(amount.minor <= 0 for _day, amount in due):
            raise serializers.ValidationError("Each amount is above zero.")
        if len({amount.currency for _day, amount in due}) > 1:
            raise serializers.ValidationError("An invoice has one currency.")
        if any(day < attrs["issued_on"] for day, _amount in due):
            raise serializers.ValidationError("An invoice is due on the day of issue or later.")
        total = attrs.get("total")
        if total is not None and total.minor != sum(amount.minor for _day, amount in due):
            raise serializers.ValidationError("The instalments do not add up to the total.")
        return {**attrs, "due": due}

    @property
    def said(self) -> Said:
        """Return what was said, once it is valid."""
        names = ("number", "customer", "issued_on", "due", "kind", "order_number", "external_id")
        return Said(**{name: self.validated_data[name] for name in names})


class InvoiceSerializer(StrictModelSerializer[Invoice]):
    """An invoice; `next_act` and `on_hold` come with one, and in lists that ask for them."""

    id = serializers.CharField(read_only=True)
    customer = serializers.CharField(source="customer_id")
    status = serializers.CharField()
    due_on = serializers.DateField()
    instalments = serializers.SerializerMethodField()
    total = MoneyField()
    balance = MoneyField()
    scenario = serializers.SerializerMethodField()
    days_overdue = serializers.SerializerMethodField()

    class Meta:
        model = Invoice
        fields = [
            "id",
            "number",
            "kind",
            "status",
            "customer",
            "issued_on",
            "due_on",
            "instalments",
            "total",
            "balance",
            "order_number",
            "external_id",
            "scenario",
            "days_overdue",
        ]

    def get_instalments(self, invoice: Invoice) -> list[dict[str, Any]]:
        """Return its parts, the one due first before the others."""
        parts = sorted(invoice.instalments.all(), key=lambda part: (part.due_on, part.pk))
        return [dict(InstalmentSerializer(part).data) for part in parts]

    def get_scenario(self, invoice: Invoice) -> str | None:
        """Return the id of the scenario that it follows; the door, which sees it, puts it in."""
        return None

    def get_days_overdue(self, invoice: Invoice) -> int:
        """Return whole days since the first open instalment was due; 0 when none is late."""
        late = (timezone.localdate() - invoice.due_on).days
        return max(0, late) if invoice.balance else 0


class CreditNoteSerializer(StrictModelSerializer[CreditNote]):
    """What a customer was given back; amounts are positive."""

    id = serializers.CharField(read_only=True)
    customer = serializers.CharField(source="customer_id")
    total = MoneyField()
    balance = MoneyField()

    class Meta:
        model = CreditNote
        fields = ["id", "number", "customer", "issued_on", "total", "balance", "external_id"]


class SetOffSerializer(StrictSerializer):
    """A part of a credit note, and the invoice that it settles."""

    invoice = KeyField(Invoice)
    amount = MoneyField()


class NewCreditNoteSerializer(StrictSerializer):
    number = serializers.CharField(max_length=64)
    customer = KeyField(Customer)
    issued_on = serializers.DateField()
    total = MoneyField()
    external_id = serializers.CharField(max_length=80, default="", allow_blank=True)

    def validate_total(self, total: Money) -> Money:
        """Refuse what gives nothing back."""
        if total.minor <= 0:
            raise serializers.ValidationError("A credit note is above zero.")
        return total


def _due(attrs: Mapping[str, Any]) -> list[tuple[date, Money]]:
    if parts := attrs.get("instalments"):
        if "due_on" in attrs:
            raise serializers.ValidationError("Give due_on or instalments, not both.")
        return [(part["due_on"], part["amount"]) for part in parts]
    if "due_on" not in attrs or "total" not in attrs:
        raise serializers.ValidationError("Give due_on and total, or instalments.")
    return [(attrs["due_on"], attrs["total"])]


def _read(reader: Callable[[str], str], text: str) -> str:
    try:
        return reader(text) if text else ""
    except BadCell as bad:
        raise serializers.ValidationError(SENTENCES[bad.code] % bad.params, code=bad.code) from bad


class StatementItemSerializer(serializers.Serializer[Any]):
    """An open part of an invoice, or a credit note: its amounts are negative."""

    kind = serializers.ChoiceField(["invoice", "credit_note"])
    id = serializers.CharField(source="key")
    number = serializers.CharField()
    issued_on = serializers.DateField()
    due_on = serializers.DateField(allow_null=True)
    amount = MoneyField()
    left = MoneyField()
    balance = MoneyField()  # the sum of what is left so far


class AccountSerializer(serializers.Serializer[Any]):
    """What is open in one currency."""

    currency = serializers.CharField()
    items = StatementItemSerializer(many=True)
    balance = MoneyField()
    overdue = MoneyField()


class StatementOfAccountSerializer(serializers.Serializer[Any]):
    """What a customer has open on a day."""

    on = serializers.DateField()
    accounts = AccountSerializer(many=True)
