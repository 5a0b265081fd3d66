"""The API's manners: what it accepts, how it refuses, how it pages. It knows no model."""

import json
import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db import DatabaseError, DataError, IntegrityError, OperationalError
from django.db.models import Model
from django.http import Http404, HttpRequest, JsonResponse, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from common import characters
from common.characters import is_storable
from common.errors import DomainError
from common.money import BadAmount, Money, is_currency, parse
from common.tenancy import TenantModel

logger = logging.getLogger(__name__)

PROBLEM = characters.PROBLEM
DEEPEST_JSON = 32
Row = TypeVar("Row", bound=Model)

_ID = re.compile(r"[0-9]{1,18}", re.ASCII)  # what a bigint holds


class TooLarge(exceptions.APIException):
    """The body is larger than any call needs."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The body is too large."


class StrictJSONParser(BaseParser):
    """JSON in UTF-8, each key once, not too large, without NaN, lone surrogates, NULs, or a depth
    that would exhaust the reader.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        largest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        content = stream.read(largest + 1)
        if len(content) > largest:
            raise TooLarge
        try:
            parsed = json.loads(
                content.decode(),
                object_pairs_hook=_each_once,
                parse_constant=_refuse_constant,
                parse_float=str,
            )
        except (ValueError, RecursionError) as error:
            raise exceptions.ParseError("The body is not valid JSON.") from error
        _check(parsed, depth=0)
        return parsed


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that is written twice: which of the two was meant nobody knows."""
    read = dict(pairs)
    if len(read) < len(pairs):
        raise ValueError("A key is written twice.")
    return read


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _check(value: Any, *, depth: int) -> None:
    if depth > DEEPEST_JSON:
        raise exceptions.ParseError("The body is nested too deeply.")
    if isinstance(value, str) and not is_storable(value):
        raise exceptions.ParseError("The body holds a character that cannot be stored.")
    if isinstance(value, dict):
        _check(list(value), depth=depth)
    children = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for child in children:
            _check(child, depth=depth + 1)


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses fields it does not know."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {name: ["Unknown field."] for name in unknown}, code="unknown_field"
                )
        return super().to_internal_value(data)


class StrictModelSerializer(StrictSerializer, serializers.ModelSerializer[Row]):
    """The same, over a model; its fields are written out, never `__all__`."""


@extend_schema_field(
    {
        "type": "object",
        "required": ["amount", "currency"],
        "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}},
        "example": {"amount": "1234.56", "currency": "EUR"},
    }
)
class MoneyField(serializers.Field[Money, Any, dict[str, str], Any]):
    """`{"amount": "1234.56", "currency": "EUR"}`, never a number."""

    default_error_messages = {
        # Doubled, for the text is formatted.
        "shape": 'Write money as {{"amount": "1234.56", "currency": "EUR"}}.',
    }

    def to_representation(self, value: Money) -> dict[str, str]:
        return {"amount": value.amount, "currency": value.currency}

    def to_internal_value(self, data: Any) -> Money:
        if not isinstance(data, dict) or set(data) != {"amount", "currency"}:
            self.fail("shape")
        amount, currency = data["amount"], data["currency"]
        if not (isinstance(amount, str) and isinstance(currency, str) and is_currency(currency)):
            self.fail("shape")
        try:
            return parse(amount, currency)
        except BadAmount as error:
            raise serializers.ValidationError(str(error), code=error.code) from error


@extend_schema_field(OpenApiTypes.STR)
class KeyField(serializers.Field[Any, Any, str, Any]):
    """The id of a row of the open organization, an opaque string."""

    default_error_messages = {
        "shape": "An id is a string.",
        "does_not_exist": "There is no such object.",
    }

    def __init__(self, model: type[TenantModel], **options: Any) -> None:
        self.model = model
        super().__init__(**options)

    def to_representation(self, value: Any) -> str:
        return str(value.pk)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("shape")
        row = self.model.objects.filter(pk=data).first() if _ID.fullmatch(data) else None
        if row is None:
            self.fail("does_not_exist")
        return row


class CursorPages(CursorPagination):
    """Pages by cursor: constant cost at any depth, no count. The `next` is a cursor, not a URL."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering: Any = "-pk"

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """Return a page; a cursor that holds no position of this list is none."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError) as error:
            raise exceptions.NotFound(self.invalid_cursor_message) from error

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "results": data,
                "next": _cursor_of(self.get_next_link()),
                "previous": _cursor_of(self.get_previous_link()),
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        cursor = {"type": "string", "nullable": True}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {
                "results": schema,
                "next": cursor,
                "previous": cursor,
            },
        }


def _cursor_of(link: str | None) -> str | None:
    return None if link is None else QueryDict(link.partition("?")[2]).get("cursor")


def problem(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer an error as problem+json (RFC 9457); None lets an unknown one be a 500."""
    answer: Response | None
    match error:
        case DomainError():
            status = 413 if error.code == "too_large" else 409
            answer = _problem(status, error.code, str(error), extra=dict(error.facts))
        case Http404():
            answer = _problem(404, "not_found", "There is no such object.")
        case PermissionDenied():
            answer = _problem(403, "permission_denied", "This is not allowed.")
        case RequestDataTooBig():
            answer = _problem(413, TooLarge.default_code, TooLarge.default_detail)
        case DatabaseError():
            answer = _of_database(error)
        case exceptions.ValidationError():
            extra = {"errors": error.detail}
            answer = _problem(400, "invalid", "The request is not valid.", extra=extra)
        case exceptions.APIException():
            code = error.get_codes() if isinstance(error.detail, str) else error.default_code
            headers = _headers(error)
            answer = _problem(error.status_code, str(code), str(error.detail), headers=headers)
        case _:
            answer = None
    return answer


def _of_database(error: DatabaseError) -> Response | None:
    match error:
        case DataError():
            return _problem(400, "invalid", "A value is out of range or cannot be stored.")
        case IntegrityError():
            logger.warning("Two writers met: %s", error)
            return _problem(409, "conflict", "Someone else wrote this at the same time.")
        case OperationalError():
            logger.warning("The database did not answer: %s", error)
            return _problem(503, "busy", "Try again.", headers={"Retry-After": "1"})
        case _:
            return None


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers


def _problem(
    code: int,
    kind: str,
    detail: str,
    *,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = {"status": code, "code": kind, "title": HTTPStatus(code).phrase, "detail": detail}
    return Response(
        {**(extra or {}), **body}, status=code, content_type=PROBLEM, headers=dict(headers or {})
    )


def not_found(request: HttpRequest) -> JsonResponse:
    """Answer an address under /api/ that is none."""
    body = {
        "status": HTTPStatus.NOT_FOUND,
        "code": "not_found",
        "title": HTTPStatus.NOT_FOUND.phrase,
        "detail": "There is no such address.",
    }
    return JsonResponse(body, status=HTTPStatus.NOT_FOUND, content_type=PROBLEM)
