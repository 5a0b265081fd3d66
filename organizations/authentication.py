"""How a program shows its key, how often it may, and what the key may do.

Apart from `access.py`, since the REST framework reads these classes before its views exist.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.exceptions import PermissionDenied as NotPermitted
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from common import addresses, limits
from common.limits import WINDOW_SECONDS, Allowance
from organizations import api_keys
from organizations.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.views import APIView


class RateLimited(APIException):
    """The key was used, or wrong keys were tried, too often within a minute."""

    status_code = 429
    default_code = "rate_limited"
    default_detail = "Too many requests: wait, then go on."

    def __init__(self, allowance: Allowance) -> None:
        super().__init__()
        self.wait = allowance.seconds


class AddressRefused(NotPermitted):
    """The key is right, but held to other addresses."""

    default_code = "address_not_allowed"
    default_detail = "This API key does not open from this address."


@dataclass(slots=True)
class Shown:
    """What was made of the key of one request; made once, for it is counted."""

    key: ApiKey | None = None
    refusal: APIException | None = None
    allowance: Allowance | None = None


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`; the key names the organization."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        found = key_of(request)
        return None if found is None else (found, found)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def key_of(request: HttpRequest | Request) -> ApiKey | None:
    """Return the standing key of a request; None when it brings none.

    Raises:
        AuthenticationFailed: it brings something that is no standing key.
        AddressRefused: the key does not open from where the request comes.
        RateLimited: the key, or wrong keys from this address, came too often.
    """
    shown: Shown | None = getattr(request, "shown", None)
    if shown is None:
        plain = request._request if isinstance(request, Request) else request  # noqa: SLF001
        shown = Shown()
        plain.shown = shown  # type: ignore[attr-defined]
        try:
            shown.key = _look_at(plain, shown)
        except APIException as refusal:
            shown.refusal = refusal
    if shown.refusal is not None:
        raise shown.refusal
    return shown.key


def tell_limit(request: HttpRequest, response: HttpResponseBase) -> None:
    """Say in the headers what is left of the limit (draft-ietf-httpapi-ratelimit-headers)."""
    shown: Shown | None = getattr(request, "shown", None)
    if shown is not None and (allowance := shown.allowance) is not None:
        response["RateLimit-Policy"] = f'"minute";q={allowance.limit};w={WINDOW_SECONDS}'
        response["RateLimit"] = f'"minute";r={allowance.remaining};t={allowance.seconds}'


def _look_at(request: HttpRequest, shown: Shown) -> ApiKey | None:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    address, at = addresses.address_of(request), timezone.now()
    wrong = f"wrong-key:{addresses.neighbourhood(address)}"
    # Before any work: who tries keys costs one look at a counter.
    _check(shown, limits.look(wrong, limit=settings.API_WRONG_KEYS_A_MINUTE))
    key = api_keys.find(text.strip(), at=at) if scheme.lower() == "bearer" else None
    if key is None or not api_keys.admits(key, address):
        _check(shown, limits.take(wrong, limit=settings.API_WRONG_KEYS_A_MINUTE))
        raise (
            AddressRefused
            if key
            else AuthenticationFailed("This API key is unknown, expired or revoked.")
        )
    shown.allowance = limits.take(f"key:{key.prefix}", limit=settings.API_CALLS_A_MINUTE)
    _check(shown, shown.allowance)
    api_keys.note_use(key, address=address, at=at)
    return key


def _check(shown: Shown, allowance: Allowance | None) -> None:
    if allowance is not None and not allowance.is_left:
        shown.allowance = allowance
        raise RateLimited(allowance)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tell the API's description how a key is shown."""

    target_class = ApiKeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class HasScope(BasePermission):
    """Reading needs `read`, or what its view says; a writing call the scope that its view names."""

    message = "This API key lacks the scope for this call."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        is_reading = request.method in SAFE_METHODS
        needed = getattr(view, "reading_scope" if is_reading else "scope", None)
        return needed is not None and needed in key.scopes
