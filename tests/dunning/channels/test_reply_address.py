"""The address that a debtor answers to."""

from typing import Any
from uuid import uuid4

import pytest

from dunning.channels import reply_address
from dunning.channels.reply_address import Named
from tests.dunning import mails

TOKEN = uuid4()


@pytest.fixture(autouse=True)
def inbound_domain(settings: Any) -> None:
    settings.INBOUND_DOMAIN = mails.INBOUND


def test_an_address_names_its_message_whatever_case_it_comes_back_in() -> None:
    address = reply_address.of(7, TOKEN)

    assert len(address.partition("@")[0]) <= 64
    assert reply_address.named_by_address(["a@b.example", address.upper()]) == Named(7, TOKEN)


def test_an_address_that_was_made_up_names_nothing() -> None:
    local, _at, domain = reply_address.of(7, TOKEN).partition("@")
    for place in range(len("reply+"), len(local) - 1):
        other = "a" if local[place] != "a" else "b"
        forged = f"{local[:place]}{other}{local[place + 1 :]}@{domain}"
        assert reply_address.named_by_address([forged]) is None
    assert (
        reply_address.named_by_address([f"{local}@elsewhere.example", f"reply+x@{domain}"]) is None
    )


def test_an_address_made_with_an_earlier_key_still_counts(settings: Any) -> None:
    address = reply_address.of(7, TOKEN)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [settings.SECRET_KEY]

    assert reply_address.named_by_address([address]) == Named(7, TOKEN)


def test_without_a_domain_of_its_own_there_is_no_address(settings: Any) -> None:
    settings.INBOUND_DOMAIN = ""

    assert reply_address.of(7, TOKEN) == ""
    assert reply_address.named_by_address([f"reply+{'a' * 52}@"]) is None


def test_a_message_id_of_ours_names_its_message() -> None:
    ours = reply_address.message_id(7, TOKEN, domain="encours.example")

    assert reply_address.named_by_message_ids(["<other@x.example>", f"<x@y> {ours}"]) == Named(
        7, TOKEN
    )
    assert reply_address.named_by_message_ids(["<other@x.example>", f"<{'-' * 36}@o7.x>"]) is None
