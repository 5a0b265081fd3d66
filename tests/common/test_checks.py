import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from common.checks import refuse_unsafe_role


@pytest.mark.django_db
def test_the_app_role_may_serve() -> None:
    refuse_unsafe_role()


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_owner_may_not_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.checks.connection", connections["owner"])

    with pytest.raises(ImproperlyConfigured, match="encours_owner owns tenant tables"):
        refuse_unsafe_role()
