"""The bank over the API: its accounts, statements and lines, and what the lines are."""

from http import HTTPStatus
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from common import sentences, uploads
from common.api import (
    PROBLEM,
    KeyField,
    StrictJSONParser,
    StrictModelSerializer,
    StrictSerializer,
)
from invoices.models import Customer
from organizations.access import OrganizationViewSet
from organizations.models import Scope
from payments.serializers import PartsSerializer, parts_of
from reconciliation import exporting, freshness, importing, matching
from reconciliation.importing import LinesRefused, Options, Upload
from reconciliation.models import BankAccount, BankTransaction, QuarantinedLine, Statement


class BankAccountSerializer(StrictModelSerializer[BankAccount]):
    id = serializers.CharField(read_only=True)

    class Meta:
        model = BankAccount
        fields = [
            "id",
            "iban",
            "identity",
            "name",
            "currency",
            "confirmed",
            "applies_by_itself",
            "is_followed",
            "known_until",
            "gap_since",
        ]
        read_only_fields = ["iban", "identity", "currency", "known_until", "gap_since"]


class BankAccountViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    OrganizationViewSet[BankAccount],
):
    """The creditor's accounts, as statements named them."""

    scope = Scope.BANK
    serializer_class = BankAccountSerializer
    http_method_names = ["get", "patch", "post", "head", "options"]

    def get_queryset(self) -> Any:
        return self.organization.bank_accounts.order_by("pk")

    def perform_update(self, serializer: Any) -> None:
        """Save what is the account's alone; whether it counts changes how fresh the bank is."""
        is_followed = serializer.validated_data.pop("is_followed", None)
        account = serializer.save()
        if is_followed is not None:
            freshness.follow(account, is_followed=is_followed, at=timezone.now())

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="accept-gap")
    def accept_gap(self, request: Request, pk: str) -> Response:
        """Note that a person looked: no payment is missing where the account has a gap."""
        account = self.get_object()
        freshness.accept_gap(account, at=timezone.now())
        return Response(self.get_serializer(self.get_object()).data)


class QuarantinedLineSerializer(StrictModelSerializer[QuarantinedLine]):
    class Meta:
        model = QuarantinedLine
        fields = ["row", "code", "message"]


class StatementSerializer(StrictModelSerializer[Statement]):
    id = serializers.CharField(read_only=True)
    account = serializers.CharField(source="account_id")
    quarantined = QuarantinedLineSerializer(source="quarantined_lines", many=True)

    class Meta:
        model = Statement
        fields = [
            "id",
            "account",
            "format",
            "from_on",
            "to_on",
            "lines",
            "new",
            "known",
            "quarantined",
            "imported_at",
        ]


class NewStatementSerializer(StrictSerializer):
    """A statement to take in."""

    file = serializers.FileField(allow_empty_file=True)
    account = serializers.CharField(default="", allow_blank=True, max_length=60)
    accept_partial = serializers.BooleanField(default=False)
    accept_disagreement = serializers.BooleanField(default=False)
    format = serializers.ChoiceField(importing.FORMATS, default="auto")


class StatementViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[Statement]
):
    """Statements as they were taken in."""

    scope = Scope.BANK
    serializer_class = StatementSerializer
    parser_classes = [MultiPartParser]

    def get_queryset(self) -> Any:
        return self.organization.statements.prefetch_related("quarantined_lines").order_by("-pk")

    @extend_schema(request=NewStatementSerializer)
    def create(self, request: Request) -> Response:
        """Take in a file and match what is sure."""
        said = NewStatementSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        values, at = said.validated_data, timezone.now()
        file = values["file"]
        options = Options(
            values["account"],
            values["accept_partial"],
            values["format"],
            values["accept_disagreement"],
        )
        try:
            report = importing.import_statement(
                self.organization, Upload(file.name, uploads.received(file)), options=options, at=at
            )
        except LinesRefused as refusal:
            return _held(refusal)
        outcome = matching.match_new(self.organization, at=at)
        document = {"id": str(report.statements[0]), **exporting.report([report], outcome)}
        return Response(document, status=HTTPStatus.CREATED)


def _held(refusal: LinesRefused) -> Response:
    """Name each line that can't be read."""
    lines = [
        {"row": line.row, "code": line.code, "message": sentences.of_row(line)}
        for line in refusal.lines
    ]
    body = {"status": 409, "code": refusal.code, "title": "Conflict", "detail": str(refusal)}
    return Response({**body, "lines": lines}, status=HTTPStatus.CONFLICT, content_type=PROBLEM)


class PartSaidSerializer(serializers.Serializer[Any]):
    invoice = serializers.CharField(help_text="The invoice's number.")
    amount = serializers.CharField()


class TransactionSerializer(serializers.Serializer[Any]):
    """A bank line and what came of it, as `export_matches` prints it."""

    id = serializers.CharField()
    reference = serializers.CharField()
    account = serializers.CharField()
    date = serializers.DateField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the contract's word
    state = serializers.ChoiceField(BankTransaction.State.choices)
    allocations = PartSaidSerializer(many=True)
    write_off = serializers.DictField(allow_null=True)
    unallocated = serializers.CharField()
    method = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())


class MatchSerializer(PartsSerializer):
    """What a line pays; without invoices, whose credit it is."""

    customer = KeyField(Customer, required=False)


class TransactionViewSet(OrganizationViewSet[BankTransaction]):
    """Bank lines, once each."""

    scope = Scope.BANK
    serializer_class = TransactionSerializer
    parser_classes = [StrictJSONParser]

    def get_queryset(self) -> Any:
        lines = exporting.with_matches(self.organization.bank_transactions).order_by("-pk")
        state = self.request.query_params.get("state", "")
        return lines.filter(state=state) if state else lines

    def list(self, request: Request) -> Response:
        """Return a page of lines, the latest first."""
        return self.get_paginated_response(_documents(self.paginate_queryset(self.get_queryset())))

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one line."""
        return Response(_documents([self.get_object()])[0])

    @extend_schema(request=MatchSerializer)
    @action(detail=True, methods=["post"])
    def match(self, request: Request, pk: str) -> Response:
        """Recognise a line as the payment of some invoices."""
        said = MatchSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        values = said.validated_data
        matching.match_by_hand(
            self.get_object(),
            parts_of(values),
            customer=values.get("customer"),
            at=timezone.now(),
        )
        return self.retrieve(request, pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def unmatch(self, request: Request, pk: str) -> Response:
        """Take back what was decided: the payment is undone exactly."""
        matching.unmatch(self.get_object(), at=timezone.now())
        return self.retrieve(request, pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="set-aside")
    def set_aside(self, request: Request, pk: str) -> Response:
        """Say that a line is no customer's payment."""
        matching.mark_not_customer(self.get_object(), at=timezone.now())
        return self.retrieve(request, pk)


def _documents(lines: Any) -> list[dict[str, Any]]:
    found = list(lines)
    pages = zip(found, exporting.page(found), strict=True)
    return [{"id": str(line.pk), **document} for line, document in pages]
