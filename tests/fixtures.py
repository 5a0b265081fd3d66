"""What tests of several apps begin with: Acme, which is us, and Other, which is a stranger."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from common.tenancy import tenant_transaction
from organizations import api_keys
from organizations.models import Organization
from tests import make


@pytest.fixture
def acme(db: None) -> Organization:
    return make.organization("Acme")


@pytest.fixture
def other(db: None) -> Organization:
    return make.organization("Other")


@pytest.fixture
def inside_acme(acme: Organization) -> Iterator[Organization]:
    """Acme, with its transaction open for the whole test."""
    with tenant_transaction(acme.pk):
        yield acme


@pytest.fixture
def now() -> Iterator[None]:
    """It is Friday 13 February 2026, and stays so."""
    with time_machine.travel(make.AT, tick=False):
        yield


@pytest.fixture
def owner(acme: Organization, client: Client) -> Client:
    """A browser in which Acme's owner is signed in."""
    client.force_login(acme.memberships.get().user)
    return client


@pytest.fixture
def api(acme: Organization) -> Client:
    """A program with a key of Acme that may do everything."""
    _key, text = api_keys.issue(acme, name="test")
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def sure_owner(owner: Client) -> Client:
    """The browser of `owner`, who has just given the password again."""
    owner.post("/accounts/reauthenticate/", {"password": make.PASSWORD})
    return owner
