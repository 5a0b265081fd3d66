"""What is read from the environment."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment
from dunning.views import mail_inbound


@pytest.mark.parametrize(
    ("broker", "cache"),
    [
        ("redis://redis:6379/0", "redis://redis:6379/1"),
        ("redis://redis:6379", "redis://redis:6379/1"),
        ("rediss://:secret@redis:6380/4", "rediss://:secret@redis:6380/5"),
        ("redis://redis:6379?db=2", "redis://redis:6379/3"),
        ("unix:///run/valkey.sock", "unix:///run/valkey.sock?db=1"),
        ("unix:///run/valkey.sock?db=2", "unix:///run/valkey.sock?db=3"),
    ],
)
def test_the_cache_has_the_database_after_the_brokers(broker: str, cache: str) -> None:
    assert environment.cache(broker) == cache


def test_a_named_cache_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_URL", "redis://elsewhere:6379/9")

    assert environment.cache("redis://redis:6379/0") == "redis://elsewhere:6379/9"


def test_answers_are_taken_in_only_from_a_provider_that_hands_them_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INBOUND_DOMAIN", " Reponses.Encours.example ")

    assert environment.inbound_domain("postmark") == "reponses.encours.example"
    for provider in ("", "resend"):
        with pytest.raises(ImproperlyConfigured):
            environment.inbound_domain(provider)
    assert set(mail_inbound.INBOUND) == environment.HANDING_OVER


def test_without_a_domain_for_answers_any_provider_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INBOUND_DOMAIN", raising=False)

    assert environment.inbound_domain("") == ""
