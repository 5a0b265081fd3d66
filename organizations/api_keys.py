"""Keys for programs: made, shown once, found again by their hash, rotated, held to addresses."""

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network

from django.db import models
from django.db.models import Q
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.addresses import Address, is_within
from common.errors import DomainError
from organizations import timeline
from organizations.models import ApiKey, Organization, Scope

MARK = "enc"  # so that a leaked key is recognised for what it is
OVERLAP = timedelta(hours=24)  # in which the old secret opens beside the new one
NOTED_EVERY = timedelta(minutes=1)  # so that reading does not write each time
MOST_NETWORKS = 20

_TEXT = re.compile(rf"{MARK}_([0-9a-f]{{8}})_([A-Za-z0-9_-]{{20,100}})", re.ASCII)


class Lifetime(models.IntegerChoices):
    """For how many days a key opens; 0 is for ever."""

    NEVER = 0, gettext_lazy("Never")
    MONTH = 30, gettext_lazy("After 30 days")
    QUARTER = 90, gettext_lazy("After 90 days")
    YEAR = 365, gettext_lazy("After 365 days")


class NotANetwork(DomainError):
    """The list of addresses holds something else, or too many."""

    code = "not_a_network"


class ScopesExceeded(DomainError):
    """A key would give what it has not got itself."""

    code = "scopes_exceeded"


class KeyIsOver(DomainError):
    """The key is revoked or expired; nothing brings it back."""

    code = "key_is_over"


class RotationUnderWay(DomainError):
    """The secret before still opens; a second rotation would cut it off unasked."""

    code = "rotation_under_way"


# Made and found


def issue(
    organization: Organization,
    *,
    name: str,
    scopes: Sequence[Scope] = tuple(Scope),
    expires_at: datetime | None = None,
    networks: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """Create a key and return it with its full text, which is never seen again.

    The secret has 256 random bits, so a plain SHA-256 keeps it (OWASP ASVS 5.0, 6.5.2).

    Raises:
        NotANetwork: of the networks one is none, or they are more than 20.
    """
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        organization=organization,
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=list(scopes),
        expires_at=expires_at,
        networks=read_networks(networks),
    )
    return key, _text(prefix, secret)


def end_of(lifetime: int, *, at: datetime) -> datetime | None:
    """Return when a key that is made at a moment expires; None is never.

    Args:
        lifetime: in days, one of `Lifetime`.
    """
    return at + timedelta(days=lifetime) if lifetime else None


def find(text: str, *, at: datetime) -> ApiKey | None:
    """Return the standing key that a text is, or None; unknown and wrong take the same way."""
    shape = _TEXT.fullmatch(text)
    prefix, secret = shape.groups() if shape else ("", "")
    found = ApiKey.objects.standing(at=at).select_related("organization")
    key = found.filter(prefix=prefix).first()
    digest = _hash(secret)
    expected = key.secret_hash if key is not None else _hash("")
    old = key.old_secret_hash if key is not None and key.old_secret_opens(at=at) else ""
    matches = [constant_time_compare(digest, expected), constant_time_compare(digest, old)]
    return key if any(matches) else None


def admits(key: ApiKey, address: Address | None) -> bool:
    """Return whether a key opens from an address; one that is unknown is outside of every list."""
    return not key.networks or (address is not None and is_within(address, key.allowed))


def note_use(key: ApiKey, *, address: Address | None, at: datetime) -> None:
    """Note when and from where a key was last used, at most once a minute."""
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - NOTED_EVERY)
    if key.last_used_at is None or key.last_used_at <= at - NOTED_EVERY:
        ApiKey.objects.filter(stale, pk=key.pk).update(
            last_used_at=at, last_used_from=str(address) if address else None
        )


# Changed; each is called inside the organization


def rotate(key: ApiKey, *, at: datetime) -> str:
    """Give a key a new secret and return its full text; the old one opens for 24 hours more.

    Raises:
        KeyIsOver: the key is revoked or expired.
        RotationUnderWay: the secret before the present one still opens.
    """
    _lock(key, at=at)
    if key.old_secret_opens(at=at):
        raise RotationUnderWay(_("The old secret of this key still opens: end it first."))
    secret = secrets.token_urlsafe(32)
    key.old_secret_hash, key.old_secret_until = key.secret_hash, at + OVERLAP
    key.secret_hash, key.rotated_at = _hash(secret), at
    key.save(update_fields=["secret_hash", "rotated_at", "old_secret_hash", "old_secret_until"])
    timeline.record("organizations.api_key_rotated", about={"api_key": key.pk}, at=at)
    return _text(key.prefix, secret)


def end_old_secret(key: ApiKey, *, at: datetime) -> None:
    """Let the secret before the last rotation open nothing from now on.

    Raises:
        KeyIsOver: the key is revoked or expired.
    """
    _lock(key, at=at)
    if not key.old_secret_opens(at=at):
        return
    key.old_secret_hash, key.old_secret_until = "", None
    key.save(update_fields=["old_secret_hash", "old_secret_until"])
    timeline.record("organizations.api_key_old_secret_ended", about={"api_key": key.pk}, at=at)


def hold_to(key: ApiKey, networks: Sequence[str], *, at: datetime) -> None:
    """Let a key open from some addresses and networks only; none means from everywhere.

    Raises:
        KeyIsOver: the key is revoked or expired.
        NotANetwork: one is neither an address nor a network, or they are more than 20.
    """
    read = read_networks(networks)
    _lock(key, at=at)
    if read == key.networks:
        return
    key.networks = read
    key.save(update_fields=["networks"])
    timeline.record(
        "organizations.api_key_held_to_networks",
        about={"api_key": key.pk},
        data={"networks": len(read)},
        at=at,
    )


def revoke(key: ApiKey, *, at: datetime) -> None:
    """Stop a key for good, both its secrets.

    Raises:
        KeyIsOver: it is revoked already.
    """
    _lock(key, at=None)
    key.revoked_at = at
    key.save(update_fields=["revoked_at"])
    timeline.record("organizations.api_key_revoked", about={"api_key": key.pk}, at=at)


def check_scopes(scopes: Iterable[str], *, given_by: ApiKey) -> None:
    """Refuse that a key opens what the key that makes or renews it may not do itself.

    Raises:
        ScopesExceeded: with the scopes that are too many.
    """
    excess = sorted(set(scopes) - set(given_by.scopes))
    if excess:
        named = ", ".join(excess)
        raise ScopesExceeded(
            _("This key does not have what it would give: %(scopes)s.") % {"scopes": named},
            scopes=named,
        )


def read_networks(texts: Sequence[str]) -> list[str]:
    """Return addresses and networks in their plain form, each once: 10.0.0.7/8 is 10.0.0.0/8.

    Raises:
        NotANetwork: one is neither, or they are more than 20.
    """
    read = dict.fromkeys(_network(text) for text in texts)
    if len(read) > MOST_NETWORKS:
        raise NotANetwork(_("At most 20 addresses or networks."))
    return list(read)


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError as error:
        sentence = _("“%(text)s” is neither an address nor a network.") % {"text": text[:40]}
        raise NotANetwork(sentence) from error


def _lock(key: ApiKey, *, at: datetime | None) -> None:
    """Read a key again under its lock, unless it is over."""
    ApiKey.objects.locked().get(pk=key.pk)
    key.refresh_from_db()
    is_expired = at is not None and key.expires_at is not None and key.expires_at <= at
    if key.revoked_at is not None or is_expired:
        raise KeyIsOver(_("This key is revoked or expired."))


def _text(prefix: str, secret: str) -> str:
    return f"{MARK}_{prefix}_{secret}"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
