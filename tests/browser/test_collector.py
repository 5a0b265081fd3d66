"""A collector's day by the keyboard alone, its key presses counted, and what becomes of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median

import pytest
import time_machine
from playwright.sync_api import expect

from common.tenancy import tenant_transaction
from dunning import planning
from dunning.models import Call, CallAttempt, Hold
from invoices.models import Contact, Invoice
from organizations.models import Organization, Role, User
from reconciliation import importing, matching
from reconciliation.importing import Upload
from tests import make, ofx
from tests.browser.conftest import Seat
from tests.browser.counting import Visitor
from tests.make import AT, ON

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = (
    "Altéa", "Bréhat", "Cormier", "Doucet", "Estève", "Fontaine", "Garnier", "Hélios", "Isnard",
    "Jourdan", "Kervella", "Lutèce",
)  # fmt: skip
SAVE_AND_NEXT = "Control+Enter"
MOST_MILLISECONDS = 300  # of the design, from the key to the next call painted
WATCH = """() => {
  window.waits = [];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter") window.pressed = performance.now();
  }, true);
  document.addEventListener("htmx:afterSettle", () => {
    const pressed = window.pressed;
    window.pressed = null;  // what settles beside it is painted with it
    if (pressed) requestAnimationFrame(
      () => setTimeout(() => window.waits.push(performance.now() - pressed))
    );
  });
}"""
WATCHED = """() => new Promise(
  (done) => requestAnimationFrame(() => setTimeout(() => done(window.waits)))
)"""
WHO = "#h-who"


def write_calls(organization: Organization, names: Sequence[str]) -> None:
    """Make customers who are to be called, those who owe least first."""
    with tenant_transaction(organization.pk):
        for place, name in enumerate(names, start=1):
            customer = make.a_customer(organization, name, email="", phone=f"+331404471{place:02}")
            make.invoice(
                organization,
                customer=customer,
                number=f"F-26-{place:04}",
                amounts={"2026-02-02": place * 10_000},
            )
        planning.follow_up(organization, on=ON, at=AT)
        assert Call.objects.count() == len(names)


@pytest.fixture
def book(acme: Organization) -> Organization:
    """Acme with twelve customers to call: Lutèce, who owes most, comes first."""
    write_calls(acme, NAMES)
    return acme


@pytest.fixture
def calling(book: Organization, seat: Seat, collector: User) -> Visitor:
    """A collector at the first call."""
    visitor = seat(collector, "calls/")
    visitor.is_at(WHO)
    return visitor


def name_of(visitor: Visitor) -> str:
    return visitor.page.inner_text(WHO)


def say(visitor: Visitor, *keys: str) -> None:
    """Note an outcome and wait for the next call: its address, and the focus on its name."""
    visitor.press(*keys[:-1])
    visitor.press_and_leave(keys[-1])
    visitor.is_at(WHO)


def promise(visitor: Visitor, day: str = "") -> None:
    visitor.press("1")
    visitor.type(day)
    visitor.press_and_leave(SAVE_AND_NEXT)
    visitor.is_at(WHO)


def the_promise(organization: Organization) -> Hold:
    with tenant_transaction(organization.pk):
        return Hold.objects.select_related("customer", "invoice").latest("pk")


def test_one_key_starts_the_calls(book: Organization, seat: Seat, collector: User) -> None:
    visitor = seat(collector, "")

    visitor.press_and_leave("1")

    assert name_of(visitor) == "Lutèce"
    assert visitor.interactions == 1


def test_ten_voicemails_are_noted_with_twenty_key_presses(
    calling: Visitor, book: Organization
) -> None:
    names, addresses = [name_of(calling)], [calling.page.url]
    for _call in range(10):
        say(calling, "5", SAVE_AND_NEXT)
        names.append(name_of(calling))
        addresses.append(calling.page.url)

    assert calling.interactions == 20
    assert names == list(reversed(NAMES))[:11]
    assert len(set(addresses)) == 11
    assert calling.said == []
    with tenant_transaction(book.pk):
        assert CallAttempt.objects.filter(outcome="voicemail").count() == 10


def test_a_promise_of_all_on_the_proposed_day_takes_two_keys_and_is_quiet(
    calling: Visitor, book: Organization
) -> None:
    say(calling, "1", SAVE_AND_NEXT)

    held = the_promise(book)
    assert (calling.interactions, calling.said) == (2, [])
    assert (held.customer and held.customer.name, held.promised_minor) == ("Lutèce", 120_000)
    assert (held.promised_on, held.until) == (date(2026, 2, 20), date(2026, 2, 23))
    with tenant_transaction(book.pk):
        assert held.invoice is not None
        stands_in_the_way = planning.why_not(held.invoice, on=ON + timedelta(days=1))
        assert ("promise", date(2026, 2, 23)) in {
            (blocker.kind, blocker.until) for blocker in stands_in_the_way
        }


def test_a_day_is_promised_as_it_is_said(calling: Visitor, book: Organization) -> None:
    days = {
        "+7": date(2026, 2, 20),
        "ven": date(2026, 2, 20),
        "fdm": date(2026, 2, 28),
        "27/03": date(2026, 3, 27),
    }
    promised = []
    for day in days:
        promise(calling, day)
        promised.append(the_promise(book).promised_on)

    assert promised == list(days.values())
    assert calling.interactions == 2 * len(days)


@pytest.mark.parametrize(
    ("field", "typed", "refusal"),
    [("promised_on", "31/02", "31/02"), ("amount", "1200,01", "1\u202f200,01\u00a0€")],
)
def test_what_cannot_be_promised_is_said_and_what_was_typed_is_kept(
    calling: Visitor, book: Organization, field: str, typed: str, refusal: str
) -> None:
    calling.press("1")
    calling.page.fill(f"[name={field}]", typed)
    calling.page.fill("[name=note]", "Rappelle lundi")

    with calling.page.expect_response("**/outcome/") as answer:
        calling.press(SAVE_AND_NEXT)
    calling.is_at(".summary")

    assert answer.value.status == 422
    assert refusal in calling.page.inner_text(".summary")
    assert name_of(calling) == "Lutèce"
    assert calling.page.input_value(f"[name={field}]") == typed
    assert calling.page.input_value("[name=note]") == "Rappelle lundi"
    assert calling.page.is_checked("[value=promise]")
    with tenant_transaction(book.pk):
        assert not CallAttempt.objects.exists()
        assert not Hold.objects.exists()


def test_one_key_takes_the_last_outcome_back(calling: Visitor, book: Organization) -> None:
    say(calling, "1", SAVE_AND_NEXT)
    say(calling, "z")

    assert name_of(calling) == "Lutèce"
    assert calling.interactions == 3
    with tenant_transaction(book.pk):
        assert not Hold.objects.standing(on=ON).exists()
        assert not CallAttempt.objects.standing().exists()
        assert Call.objects.open().count() == len(NAMES)


def test_two_collectors_never_get_the_same_customer(
    calling: Visitor, book: Organization, seat: Seat
) -> None:
    second = seat(make.member(book, Role.COLLECTOR), "calls/")
    second.is_at(WHO)
    taken = calling.page.locator(".queue ol [aria-current]").get_attribute("href") or ""

    names = [name_of(calling), name_of(second)]
    for _call in range(3):
        for one in (calling, second):
            say(one, "5", SAVE_AND_NEXT)
            names.append(name_of(one))
    say(calling, "z")
    second.page.goto(calling.page.url)

    assert len(set(names)) == len(names)
    assert taken != ""
    expect(second.page.locator("main > .toasts")).to_have_count(0)  # beside the columns
    assert "Quelqu’un d’autre" in second.page.inner_text(".stage .toasts")
    expect(second.page.locator("#outcome")).to_have_count(0)
    expect(second.page.locator(".dial a")).to_have_count(0)
    assert "quelqu’un est dessus" in second.page.inner_text(".queue ol [aria-current]")


def test_keys_reach_the_next_contacts_number_and_the_note(
    book: Organization, seat: Seat, collector: User
) -> None:
    with tenant_transaction(book.pk):
        first = Contact.objects.get(customer__name="Lutèce")
        Contact.objects.create(
            organization=book, customer=first.customer, rank=2, phone="+33199000000"
        )
    visitor = seat(collector, "calls/")
    visitor.is_at(WHO)

    reached = []
    for _press in range(2):
        visitor.press("c")
        reached.append(visitor.page.evaluate("document.activeElement.href"))
    visitor.press("n")
    visitor.type("na")

    assert reached == ["tel:+33199000000", f"tel:{first.phone}"]
    assert visitor.page.input_value("[name=note]") == "na"


def test_less_than_what_is_ticked_says_what_it_keeps_quiet(calling: Visitor) -> None:
    part = calling.page.locator("[data-part]")
    chip = calling.page.locator("[data-into][aria-pressed=true]")
    calling.press("1")

    expect(part).to_be_hidden()
    expect(chip).to_have_text("Ven. 20/02")
    calling.page.fill("[name=amount]", "1\u202f199,99")
    expect(part).to_be_visible()
    calling.page.fill("[name=amount]", "1200")
    expect(part).to_be_hidden()
    calling.page.click("text=Fin de mois")
    expect(chip).to_have_text("Fin de mois 28/02")
    calling.page.fill("[name=promised_on]", "+3")
    expect(chip).to_have_count(0)


def test_on_a_phone_the_outcome_is_one_press_away(calling: Visitor) -> None:
    calling.page.set_viewport_size({"width": 390, "height": 844})
    bar = calling.page.locator(".quick")
    owed = calling.page.locator("[data-minor] >> xpath=ancestor::tr >> css=td.bare")

    expect(bar.get_by_text("Appeler")).to_be_in_viewport()
    assert calling.page.evaluate("document.documentElement.scrollWidth") == 390
    box = owed.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    bar.get_by_text("Résultat").click()
    expect(calling.page.locator("[value=promise]").locator("..")).to_be_in_viewport()
    calling.page.click("a.to-queue")
    expect(calling.page.locator(".queue.alone li")).to_have_count(len(NAMES))


@pytest.fixture
def promised(calling: Visitor, book: Organization) -> Hold:
    """A promise of Lutèce, for the 20th."""
    promise(calling, "+7")
    return the_promise(book)


def test_a_promise_is_kept_by_its_bank_line(
    promised: Hold, book: Organization, calling: Visitor
) -> None:
    statement = ofx.statement(
        ofx.line("2026-02-18", "1200.00", "VIR LUTECE F-26-0012"), until="2026-02-18"
    )

    with tenant_transaction(book.pk):
        importing.import_statement(book, Upload("lutece.ofx", statement), at=AT)
        matching.match_new(book, at=AT)

    with tenant_transaction(book.pk):
        assert not Invoice.objects.get(number="F-26-0012").balance
        promised.refresh_from_db()
        assert promised.result == Hold.Result.KEPT


def test_a_promise_is_broken_on_its_day_and_its_call_comes_first(
    promised: Hold,
    book: Organization,
    seat: Seat,
    collector: User,
    friday: time_machine.Traveller,
) -> None:
    day = datetime(2026, 2, 23, 9, tzinfo=UTC)
    with tenant_transaction(book.pk):
        larger = make.a_customer(book, "Morvan", email="", phone="+33140447199")
        make.invoice(book, customer=larger, amounts={"2026-02-02": 900_000})
        planning.follow_up(book, on=day.date(), at=day)
        promised.refresh_from_db()
    friday.move_to(day)

    visitor = seat(collector, "calls/")

    assert promised.result == Hold.Result.BROKEN
    assert name_of(visitor) == "Lutèce"
    assert "Promesse rompue" in visitor.page.inner_text(".queue ol [aria-current]")
    assert "Morvan" in visitor.page.inner_text(".queue li:nth-child(2)")


@pytest.mark.full
def test_the_next_call_is_painted_within_the_designs_time(
    acme: Organization, seat: Seat, collector: User, capsys: pytest.CaptureFixture[str]
) -> None:
    write_calls(acme, [f"Client {place:02}" for place in range(40)])
    visitor = seat(collector, "calls/")
    visitor.page.evaluate(WATCH)

    for _call in range(30):
        say(visitor, "5", SAVE_AND_NEXT)
    waits = visitor.page.evaluate(WATCHED)

    with capsys.disabled():
        print(f"\nnext call painted: median {median(waits):.0f} ms of {len(waits)}")  # noqa: T201
    assert len(waits) == 30
    assert median(waits) < MOST_MILLISECONDS
