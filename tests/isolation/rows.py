"""One valid row of any tenant model, made from its fields; every text in it carries a mark.

A new model needs nothing here as long as its constraints let a plain row in; where they do not,
`PARTICULARS` says what makes a row of it valid.
"""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from common.tenancy import TenantModel
from dunning.models import (
    Act,
    Call,
    Hold,
    Message,
    OwnText,
    Scenario,
    ScenarioOverride,
    ScenarioVersion,
    Step,
    Task,
)
from invoices.models import ImportedFile, Instalment, Invoice
from organizations import api_keys
from organizations.models import (
    Invitation,
    Membership,
    Organization,
    Role,
    Scope,
    TimelineEvent,
    TimelineHead,
    User,
)
from payments.models import Allocation
from tests import make

PARTICULARS: dict[type[TenantModel], dict[str, Any]] = {
    Act: {"call": None},
    Hold: {"kind": Hold.Kind.PAUSE, "until": make.ON},
    Task: {"done_by": "", "done_because": ""},
    Message: {"returned_as": ""},
    OwnText: {"family": "email"},
    ImportedFile: {"report": {"rejected": []}},
    Scenario: {"archived_at": None},
    ScenarioOverride: {"invoice": None},
    ScenarioVersion: {"steps": []},
    Step: {"retired_at": None, "kind": "courteous", "tone": "courteous", "offset_days": 7},
}
# What else makes a row valid once one of its keys is said.
BESIDE: dict[tuple[type[TenantModel], str], dict[str, Any]] = {
    (Act, "call_id"): {"message": None, "channel": "call"},
    (Allocation, "reverses_id"): {"amount_minor": -1},
    (ScenarioOverride, "invoice_id"): {"customer": None},
}
# Rows that opening an organization writes; nothing but its own function may write more.
OPENED_WITH = {TimelineEvent, TimelineHead}
WORDS = {"currency": "EUR", "language": "fr", "country": "FR", "channel": "email"}

_serial = itertools.count(1)


class Rows:
    """The rows of one organization, each made when it is first asked for.

    Must be used inside the organization's transaction.
    """

    def __init__(self, organization: Organization, mark: str, *, ids_from: int = 0) -> None:
        """Begin with no rows.

        Args:
            ids_from: the first id, for rows whose ids are sought in answers; 0 leaves ids to the
                database.
        """
        self.organization = organization
        self.mark = mark
        self._ids = itertools.count(ids_from) if ids_from else None
        self._made: dict[type[models.Model], Any] = {}

    def one(self, model: type[models.Model]) -> Any:
        """Return the row of a model; an invoice comes with its instalment, a call with its act."""
        if model not in self._made:
            if model is Instalment:
                self.one(Invoice)
            else:
                self._made[model] = self._first(model)
            if model is Invoice:
                self._made[Instalment] = self._first(Instalment)
            if model is Call:
                self.another(Act, call_id=self._made[Call].pk).save(force_insert=True)
        return self._made[model]

    def keep(self, model: type[models.Model], row: Any) -> None:
        """Take a row that is there already as the one of its model."""
        self._made[model] = row

    def another(self, model: type[TenantModel], **said: Any) -> Any:
        """Return a row that is not saved, with what is said in place of its own."""
        values = {
            field.name: self._value(model, field)
            for field in model._meta.local_concrete_fields
            if not field.primary_key and field.attname not in said
        }
        for name in said:
            values |= BESIDE.get((model, name), {})
        key = {"id": next(self._ids)} if self._ids else {}
        return model(**key, **values, **said)

    def _first(self, model: type[models.Model]) -> Any:
        if model is Organization:
            return self.organization
        if not issubclass(model, TenantModel):
            return self._global(model)
        if model in OPENED_WITH:
            return model.objects.order_by("pk").first()
        row = self.another(model)
        row.save(force_insert=True)
        return row

    def _global(self, model: type[models.Model]) -> Any:
        """Return a row that is the organization's, in a table that is not walled off."""
        if model is User:
            return make.user(name=self.mark)
        if model is Membership:
            person = make.member(self.organization, Role.COLLECTOR)
            return self.organization.memberships.get(user=person)
        if model is Invitation:
            return Invitation.objects.create(
                organization=self.organization,
                email=f"{self.mark}@{self.mark}.example".lower(),
                role=Role.COLLECTOR,
                token_hash=f"{self.mark:0>64}",
                invited_by=self.one(User),
                created_at=make.AT,
                expires_at=make.AT + timedelta(days=7),
            )
        # With no more rights than a key that may manage keys has itself.
        key, _text = api_keys.issue(self.organization, name=self.mark, scopes=[Scope.ADMIN])
        return key

    def _value(self, model: type[TenantModel], field: models.Field[Any, Any]) -> Any:
        particulars = PARTICULARS.get(model, {})
        if field.name in particulars:
            return particulars[field.name]
        if isinstance(field, models.ForeignKey):
            itself = field.related_model in {model, "self"}
            return None if itself else self.one(field.related_model)
        if isinstance(field, models.CharField | models.TextField) and not field.choices:
            return self._text(field)
        if isinstance(field, ArrayField):
            return [self.mark]
        if field.null:
            return None
        return field.get_default() if field.has_default() else self._plain(field)

    def _text(self, field: models.Field[Any, Any]) -> str:
        if field.name in WORDS:
            return WORDS[field.name]
        serial = next(_serial)
        if isinstance(field, models.EmailField) or field.name in {"to", "sender"}:
            return f"{self.mark}{serial}@{self.mark}.example".lower()
        return f"{self.mark}{serial} {field.name}"[: field.max_length]

    def _plain(self, field: models.Field[Any, Any]) -> Any:
        if field.choices:
            return field.choices[0][0]
        return next(make_one() for kind, make_one in self._kinds() if isinstance(field, kind))

    def _kinds(self) -> list[tuple[type[models.Field[Any, Any]], Callable[[], Any]]]:
        return [
            (models.DateTimeField, lambda: make.AT),
            (models.DateField, lambda: make.ON),
            (models.IntegerField, lambda: 1),
            (models.BooleanField, lambda: False),
            (models.BinaryField, self.mark.encode),
            (models.JSONField, lambda: {"said": self.mark}),
        ]
