"""Who carries a channel is the installation's to say, and said safely."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment
from dunning.channels import registry
from dunning.channels.accounts import Account

ACCOUNT = Account(provider="twilio", url="https://api.twilio.com", name="AC1", secret="s")


def test_without_accounts_people_carry_letters_and_nobody_sms() -> None:
    assert registry.carried() == ["email"]


def test_an_account_makes_its_channel_leave_at_its_rate(settings: Any) -> None:
    settings.SMS_ACCOUNT = replace(ACCOUNT, per_minute=90)

    found = registry.provider("sms")

    assert registry.carried() == ["email", "sms"]
    assert found is not None
    assert (found.name, found.per_minute, found.dedupes_for) == ("twilio", 90, None)
    assert found.stream == "twilio:AC1"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"url": "http://api.twilio.com"}, "SMS_URL: api.twilio.com is asked over https alone"),
        ({"url": "http://10.0.0.1"}, "asked over https alone"),
        ({"url": ""}, "no address to ask"),
        ({"provider": "pigeon"}, "SMS_PROVIDER is one of twilio, not pigeon"),
        ({"secret": ""}, "SMS_SECRET is needed"),
    ],
)
def test_a_process_does_not_start_where_it_would_send_unsafely(
    settings: Any, wrong: dict[str, Any], says: str
) -> None:
    settings.SMS_ACCOUNT = replace(ACCOUNT, **wrong)

    with pytest.raises(ImproperlyConfigured, match=says):
        registry.refuse_unsafe()


@pytest.mark.parametrize("url", ["https://api.twilio.com", "http://127.0.0.1:8101"])
def test_tls_and_a_stand_in_of_this_machine_are_safe(settings: Any, url: str) -> None:
    settings.SMS_ACCOUNT = replace(ACCOUNT, url=url)

    registry.refuse_unsafe()


def test_an_account_is_read_from_its_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PROVIDER": "Twilio", "SECRET": "s", "PER_MINUTE": "5"}.items():
        monkeypatch.setenv(f"SMS_{name}", value)

    found = environment.account("SMS", url="https://api.twilio.com", webhook_url="https://e/w/")

    assert found is not None
    assert (found.provider, found.url, found.per_minute) == ("twilio", "https://api.twilio.com", 5)
    assert "secret" not in repr(found)


def test_a_rate_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_PROVIDER", "twilio")
    monkeypatch.setenv("SMS_PER_MINUTE", "fast")

    with pytest.raises(ImproperlyConfigured, match="SMS_PER_MINUTE"):
        environment.account("SMS", url="", webhook_url="")
