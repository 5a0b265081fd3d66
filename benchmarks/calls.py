"""The next call, as a collector waits for it: a voicemail noted, the page of the next answered."""

import re
from collections.abc import Iterator
from datetime import timedelta

from django.test import Client

from benchmarks import books
from benchmarks.measure import Figure, paired
from common.tenancy import tenant_transaction
from dunning import planning, waiting
from organizations.models import Organization

INVOICES = 20_000
POSTS = 30
ROUNDS = 21  # after which the calls have come that follow a first reminder


def figures() -> Iterator[Figure]:
    """Measure an outcome posted as htmx posts it, the next call being the answer.

    The limit is the page of help: the same door, frame and navigation, and nothing of its own.
    """
    _made, content = books.generated(invoices=INVOICES)
    organization = books.organization("Calls")
    books.take_in(organization, content)
    waits = _plan(organization)
    browser = Client(headers={"host": "localhost", "hx-request": "true"})
    browser.force_login(organization.memberships.get().user)
    house = f"/o/{organization.slug}/"
    shown = [_form_in(browser.get(f"{house}calls/").content)]

    def note(_post: int) -> None:
        answer = browser.post(shown[-1], {"outcome": "voicemail"})
        shown.append(_form_in(answer.content))

    yield paired(
        f"the next call, {waits:,} calls waiting",
        note,
        lambda _post: browser.get(f"{house}help/"),
        bar=6.0,
        pairs=POSTS,
    )
    if len(set(shown)) != len(shown):
        raise RuntimeError("Somebody was to be called twice.")


def _form_in(page: bytes) -> str:
    """Return where the outcome of the call that a page shows is posted to."""
    found = re.search(r'action="([^"]+/outcome/)"', page.decode())
    if found is None:
        raise RuntimeError("There is no call on the page.")
    return found[1]


def _plan(organization: Organization) -> int:
    """Do the rounds of three weeks, all customers at once; return how many calls wait."""
    organization.backlog_per_day = INVOICES
    organization.save(update_fields=["backlog_per_day"])
    last = books.ON + timedelta(days=ROUNDS - 1)
    with tenant_transaction(organization.pk):
        for back in reversed(range(ROUNDS)):
            planning.follow_up(organization, on=last - timedelta(days=back), at=books.AT)
        return waiting.calls(on=last).count()
