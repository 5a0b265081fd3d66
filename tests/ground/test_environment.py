import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment
from config.celery import broker_url


def test_a_database_address_is_read_with_its_socket_and_options() -> None:
    found = environment.database(
        "postgresql://me:p%40ss@%2Fsrv%2Frun%2FEnc-1:5432/book?sslmode=require"
    )

    assert found == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "book",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "/srv/run/Enc-1",
        "PORT": "5432",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize("url", ["mysql://a@b/c", "sqlite:///x", ""])
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="Encours needs PostgreSQL"):
        environment.database(url)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_THERE", raising=False)

    with pytest.raises(ImproperlyConfigured, match="NOT_THERE is not set"):
        environment.required("NOT_THERE")


def test_a_mail_address_is_read() -> None:
    found = environment.email("smtp://me:secret@mail.example:587/?tls=1")

    assert found["EMAIL_HOST"] == "mail.example"
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (
        587,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("redis", "celery"),
    [
        ("unix:///tmp/v.sock?db=0", "redis+socket:///tmp/v.sock?virtual_host=0"),
        ("redis://redis:6379/0", "redis://redis:6379/0"),
    ],
)
def test_celery_gets_its_own_form_of_a_socket(redis: str, celery: str) -> None:
    assert broker_url(redis) == celery
