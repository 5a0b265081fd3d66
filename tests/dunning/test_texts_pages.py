"""The editor of texts: what is kept, what is refused where, and what is shown before."""

import re

import pytest
import time_machine
from django.test import Client

from common.tenancy import tenant_transaction
from dunning import wording
from dunning.models import Act, LocalMail, OwnText
from organizations.models import Organization, Role, TimelineEvent
from tests import make

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("now"),
]
FIRM = wording.TextKey("email", "firm", "firm")


def typed(key: wording.TextKey, *, several: bool = False, **changes: str) -> dict[str, str]:
    """Return the form as the house fills it, but for some parts, as "fr-subject"."""
    said = {
        f"{language}-{part}": text
        for language in wording.LANGUAGES
        for part, text in wording.source(key, language=language, several=several).items()
    }
    return {**said, "for": "many" if several else "one", **changes}


@pytest.mark.parametrize("family", ["email", "letter", "sms", "call", "nonsense"])
def test_the_list_has_every_text_of_a_family(
    acme: Organization, owner: Client, family: str
) -> None:
    page = owner.get(f"/o/{acme.slug}/settings/texts/?family={family}").content.decode()

    shown = {key for key in wording.library() if f"/texts/{key}/" in page}
    wanted = family if family != "nonsense" else "email"
    assert shown == {key for key in wording.library() if key.family == wanted}


@pytest.mark.parametrize("key", wording.library(), ids=str)
def test_every_text_opens_and_is_shown(
    acme: Organization, owner: Client, key: wording.TextKey
) -> None:
    page = owner.get(f"/o/{acme.slug}/settings/texts/{key}/")
    preview = owner.get(f"/o/{acme.slug}/settings/texts/{key}/preview/?for=many&language=en")

    assert page.status_code == preview.status_code == 200
    assert "sandbox" in preview["Content-Security-Policy"]
    assert "{{" not in preview.content.decode()


def test_a_text_is_kept_as_a_version_and_the_house_speaks_again(
    acme: Organization, owner: Client
) -> None:
    address = f"/o/{acme.slug}/settings/texts/{FIRM}/"
    mine = typed(FIRM, **{"fr-title": "Un mot sur la facture {{ number }}"})

    kept = owner.post(address, mine)
    again = owner.post(address, mine)
    back = owner.post(f"{address}house/", {"for": "one", "language": "fr"})

    assert [one.status_code for one in (kept, again, back)] == [302, 302, 302]
    with tenant_transaction(acme.pk):
        versions = list(OwnText.objects.order_by("version"))
        events = TimelineEvent.objects.filter(kind="dunning.text_written").count()
    assert [(one.language, one.version) for one in versions] == [("fr", 1), ("fr", 2)]
    assert versions[0].parts["one"]["title"] == "Un mot sur la facture {{ number }}"
    assert versions[1].parts == {}
    assert events == 2
