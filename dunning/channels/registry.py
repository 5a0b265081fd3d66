"""Which channels leave by themselves, through whom, how fast, and what a second try means there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from common import https
from dunning.channels import mail, mysendingbox, twilio
from dunning.channels.accounts import Account
from dunning.channels.base import Envelope
from dunning.models import Channel


@dataclass(frozen=True, slots=True)
class Provider:
    """Who carries a channel.

    Attributes:
        send: hands an envelope over and returns its receipt, or raises one of the four answers of
            `channels.base`.
        dedupes_for: how long the same key is the same message to it; None where it knows no keys.
        per_minute: messages that leave in a minute at most; 0 is no limit.
        stream: what its places are counted under: one account, whoever sends.
    """

    name: str
    send: Callable[[Envelope], str]
    dedupes_for: timedelta | None = None
    per_minute: int = 0
    stream: str = ""


Client = Callable[[Envelope, Account], str]

# The providers of each channel by their names: the client, and how long keys live there.
_KNOWN: dict[str, dict[str, tuple[Client, timedelta | None]]] = {
    Channel.SMS: {"twilio": (twilio.send, None)},
    Channel.REGISTERED_LETTER: {"mysendingbox": (mysendingbox.send, mysendingbox.KEYS_LIVE)},
}


def provider(channel: str) -> Provider | None:
    """Return who carries a channel; None for what people carry, as calls, and paper by hand."""
    if channel == Channel.EMAIL:
        return Provider(settings.MAIL_PROVIDER or "mail", mail.send)
    account = account_of(channel)
    if account is None:
        return None
    send, dedupes_for = _KNOWN[channel][account.provider]
    return Provider(
        name=account.provider,
        send=lambda envelope: send(envelope, account),
        dedupes_for=dedupes_for,
        per_minute=account.per_minute,
        stream=f"{account.provider}:{account.name}",
    )


def account_of(channel: str) -> Account | None:
    """Return the account that the installation has for a channel."""
    accounts: dict[str, Account | None] = {
        Channel.SMS: settings.SMS_ACCOUNT,
        Channel.REGISTERED_LETTER: settings.REGISTERED_LETTER_ACCOUNT,
    }
    return accounts.get(channel)


def carried() -> list[str]:
    """Return the channels that a provider carries."""
    return [channel for channel in Channel.values if provider(channel) is not None]


def stays_here() -> bool:
    """Return whether what goes to a provider goes to a stand-in on this machine."""
    accounts = (settings.SMS_ACCOUNT, settings.REGISTERED_LETTER_ACCOUNT)
    return any(account is not None and https.is_here(account.url) for account in accounts)


def sends_sms() -> bool:
    """Return whether an SMS can leave at all."""
    return settings.SMS_ACCOUNT is not None


def refuse_unsafe() -> None:
    """Stop a process that would send to where nobody is proven, or to a provider we don't know.

    Raises:
        ImproperlyConfigured: the sentence says which setting.
    """
    for channel, known in _KNOWN.items():
        account = account_of(channel)
        if account is None:
            continue
        name = channel.upper()
        if account.provider not in known:
            raise ImproperlyConfigured(
                f"{name}_PROVIDER is one of {', '.join(known)}, not {account.provider}."
            )
        if not account.secret:
            raise ImproperlyConfigured(f"{name}_SECRET is needed for {account.provider}.")
        try:
            https.refuse_unsafe(account.url)
        except https.Unsafe as error:
            raise ImproperlyConfigured(f"{name}_URL: {error}") from error
