"""The database of the tests: made by its owner, used as the app role."""

import contextlib
from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError, connections
from django.test import TransactionTestCase
from pytest_django.plugin import DjangoDbBlocker

pytest_plugins = ["tests.browsing", "tests.covered", "tests.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="also the long runs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    skip = pytest.mark.skip(reason="a long run: pass --full")
    for item in items:
        if "full" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker, worker_id: str) -> Iterator[None]:
    """Let the owner make and migrate a database, and point the app role at it."""
    owner, app = connections["owner"], connections["default"]
    owner.settings_dict["TEST"]["NAME"] = f"test_encours_{worker_id}"
    with django_db_blocker.unblock():
        before = owner.settings_dict["NAME"]
        owner.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        app.close()
        app.settings_dict["NAME"] = owner.settings_dict["NAME"]
    yield
    # A thread of a test's own web server may still hold a session; the next run replaces it.
    with django_db_blocker.unblock(), contextlib.suppress(OperationalError):
        connections.close_all()
        owner.creation.destroy_test_db(before, verbosity=0)


def _empty(_case: TransactionTestCase) -> None:
    """Empty what a test committed. The app role may not truncate, and the memory not be deleted."""
    settings = connections["owner"].settings_dict
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname=settings["NAME"],
        autocommit=True,
    ) as connection:
        tables = connection.execute(
            "SELECT format('%I', relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r' AND relname <> 'django_migrations' AND pg_relation_size(oid) > 0"
        ).fetchall()
        if tables:
            connection.execute(f"TRUNCATE {', '.join(name for (name,) in tables)} CASCADE")


# Django would flush as the role under test, which is rightly refused.
TransactionTestCase._fixture_teardown = _empty  # type: ignore[attr-defined]
