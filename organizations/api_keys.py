"""Keys for programs: made, shown once, found again by their hash."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.crypto import constant_time_compare

from organizations.models import ApiKey, Organization, Scope

MARK = "enc"  # so that a leaked key is recognised for what it is


def issue(
    organization: Organization, *, name: str, scopes: Sequence[Scope] = tuple(Scope)
) -> tuple[ApiKey, str]:
    """Create a key and return it with its full text, which is never seen again.

    The secret has 256 random bits, so a plain SHA-256 keeps it (OWASP ASVS 5.0, 6.5.2).
    """
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        organization=organization,
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=list(scopes),
    )
    return key, f"{MARK}_{prefix}_{secret}"


def find(text: str, *, at: datetime) -> ApiKey | None:
    """Return the standing key that a text is, or None; unknown and wrong take the same way."""
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    key = (
        ApiKey.objects.select_related("organization")
        .filter(prefix=prefix, revoked_at__isnull=True)
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))
        .first()
    )
    expected = key.secret_hash if key is not None else _hash("")
    matches = constant_time_compare(_hash(secret), expected)
    return key if matches and mark == MARK else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
