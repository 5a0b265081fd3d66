"""How a program shows its key, and what the key may do.

Apart from `access.py`, since the REST framework reads these classes before its views exist.
"""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from organizations import api_keys
from organizations.models import ApiKey, Scope

if TYPE_CHECKING:
    from rest_framework.views import APIView


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
    """
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    key = api_keys.find(text.strip(), at=timezone.now()) if scheme.lower() == "bearer" else None
    if key is None:
        raise AuthenticationFailed("This API key is unknown, expired or revoked.")
    return key


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tell the API's description how a key is shown."""

    target_class = ApiKeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class HasScope(BasePermission):
    """Reading needs `read`; a writing call needs the scope that its view names."""

    message = "This API key lacks the scope for this call."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        needed = Scope.READ if request.method in SAFE_METHODS else getattr(view, "scope", None)
        return needed is not None and needed in key.scopes
