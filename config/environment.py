"""How the settings read the environment: addresses in, Django's dictionaries out."""

import os
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

from dunning.channels.accounts import Account

# Providers that hand over the mail of a domain, proven and whole (dunning/views/mail_inbound.py).
HANDING_OVER = {"mailersend", "mailgun", "mailjet", "postmark", "sendgrid", "sparkpost"}


def required(name: str) -> str:
    """Return a variable that nothing works without.

    Raises:
        ImproperlyConfigured: it is not set; the sentence says what to do.
    """
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Start through `python3 dev.py run` (or `manage`, `test`), "
            "or set it as .env.example shows."
        )
    return value


def flag(name: str, *, default: bool) -> bool:
    """Return a yes or no; anything but 1, true, yes and on is no."""
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def words(name: str, default: str) -> list[str]:
    """Return a comma separated list without empty parts."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def database(url: str) -> dict[str, Any]:
    """Return a DATABASES entry from `postgresql://user:password@host:port/name?option=value`.

    A host that is a percent-encoded directory names a Unix socket.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"Encours needs PostgreSQL, not {parts.scheme or 'nothing'}.")
    # urlsplit lowers the case of a host name, which would break a socket's directory.
    host = parts.netloc.rpartition("@")[2]
    if parts.port is not None:
        host = host.rpartition(":")[0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host),
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def email(url: str) -> dict[str, Any]:
    """Return Django's EMAIL_* settings from `smtp://user:password@host:587/?tls=1`."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.scheme not in {"smtp", "smtps"}:
        raise ImproperlyConfigured(f"EMAIL_URL begins with smtp or smtps, not {parts.scheme}.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or 25,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": options.get("tls") == "1",
        "EMAIL_TIMEOUT": 30,
    }


def inbound_domain(provider: str) -> str:
    """Return INBOUND_DOMAIN, the domain whose mail a provider hands over; "" without one.

    Raises:
        ImproperlyConfigured: this provider hands nothing over, so that answers would be lost.
    """
    domain = os.environ.get("INBOUND_DOMAIN", "").strip().lower()
    if domain and provider not in HANDING_OVER:
        raise ImproperlyConfigured(
            "INBOUND_DOMAIN needs a provider that hands mail over: ANYMAIL_BACKEND is one of "
            f"{', '.join(sorted(HANDING_OVER))}, not {provider or 'nothing'}."
        )
    return domain


def cache(redis_url: str) -> str:
    """Return the address of the cache: CACHE_URL, or the database beside the broker's."""
    if named := os.environ.get("CACHE_URL"):
        return named
    parts = urlsplit(redis_url)
    options = dict(parse_qsl(parts.query))
    if parts.scheme == "unix":
        options["db"] = str(int(options.get("db", "0")) + 1)
        return f"unix://{parts.path}?{urlencode(options)}"
    database = options.pop("db", "") or parts.path.strip("/") or "0"
    return urlunsplit(parts._replace(path=f"/{int(database) + 1}", query=urlencode(options)))


def account(name: str, *, url: str, webhook_url: str) -> Account | None:
    """Return the account at a provider that variables beginning with a name describe; or None.

    Args:
        name: as "SMS", for SMS_PROVIDER, SMS_URL, SMS_ACCOUNT, SMS_SECRET, SMS_SENDER,
            SMS_WEBHOOK_SECRET and SMS_PER_MINUTE.
        url: of the provider, unless the variable says otherwise.
        webhook_url: our own address that the provider is told of.
    """
    provider = os.environ.get(f"{name}_PROVIDER", "").strip().lower()
    if not provider:
        return None
    said = os.environ.get(f"{name}_PER_MINUTE", "60")
    if not (said.isascii() and said.isdecimal()):
        raise ImproperlyConfigured(f"{name}_PER_MINUTE is a whole number, not {said}.")
    return Account(
        provider=provider,
        url=os.environ.get(f"{name}_URL", url).rstrip("/"),
        name=os.environ.get(f"{name}_ACCOUNT", ""),
        secret=os.environ.get(f"{name}_SECRET", ""),
        sender=os.environ.get(f"{name}_SENDER", ""),
        webhook_secret=os.environ.get(f"{name}_WEBHOOK_SECRET", ""),
        webhook_url=webhook_url,
        per_minute=int(said),
    )
