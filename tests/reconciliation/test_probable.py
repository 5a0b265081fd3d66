from datetime import date

from common.money import Money
from reconciliation import probable, scoring
from reconciliation.probable import Could, Credit, could_pay, subsets
from reconciliation.scoring import Named
from reconciliation.suggesting import Book, Open

DAY = date(2026, 2, 10)
NAMES = {1: ["Dupont Menuiserie SARL"], 2: ["Garage Lefebvre"]}


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def owed(key: int, minor: int, *, customer: int = 1, due: str = "2026-01-15") -> Open:
    return Open(
        key,
        f"FA-2026-{key:04}",
        customer,
        eur(minor),
        date.fromisoformat(due),
        issued_on=date(2025, 12, 15),
    )


def asked(
    amount: int, text: str, *invoices: Open, payers: set[int] | None = None, booked_on: date = DAY
) -> Could | None:
    """Ask what a line could pay, of these invoices."""
    known = {
        one.number.replace("-", ""): [Named(one.id, one.number, one.customer_id, one.balance)]
        for one in invoices
    }
    credit = Credit(
        scoring.read(text), text, eur(amount), booked_on, payers=frozenset(payers or ())
    )
    return could_pay(credit, known=known, book=Book.of(invoices, NAMES))


def test_the_invoice_that_the_label_names_is_held_whatever_the_amount() -> None:
    found = asked(50_000, "VIR FA 2026 0071", owed(71, 120_000), owed(72, 50_000))

    assert found == Could((71,), "reference")


def test_what_the_amount_has_beyond_the_one_named_is_looked_for_at_the_same_customer() -> None:
    invoices = owed(71, 120_000), owed(72, 50_000), owed(73, 50_000, customer=2)

    found = asked(170_000, "VIR FA 2026 0071", *invoices)

    assert found == Could((71, 72), "reference")


def test_last_digits_name_an_invoice_of_a_known_payer_alone() -> None:
    known, strange = owed(871, 120_000), owed(872, 50_000, customer=2)

    assert asked(7_000, "FACT 871 872", known, strange, payers={1}) == Could((871,), "reference")
    assert asked(7_000, "FACT 871 872", known, strange) is None


def test_a_known_payer_with_the_exact_amount_holds_all_that_have_it() -> None:
    invoices = owed(71, 120_000), owed(72, 120_000), owed(73, 50_000)

    assert asked(120_000, "VIR 4711", *invoices, payers={1}) == Could((71, 72), "exact")


def test_the_customers_own_name_makes_the_payer_known() -> None:
    assert asked(120_000, "VIR DUPONT MENUISERIE", owed(71, 120_000)) == Could((71,), "exact")


def test_every_set_that_adds_up_is_held() -> None:
    invoices = owed(1, 30_000), owed(2, 20_000), owed(3, 10_000), owed(4, 40_000), owed(5, 77_700)

    found = asked(50_000, "VIR", *invoices, payers={1})

    assert found is not None
    assert (set(found.invoices), found.why) == ({1, 2, 3, 4}, "sum")


def test_a_known_payer_alone_holds_the_oldest_that_the_amount_reaches() -> None:
    invoices = (
        owed(1, 30_000, due="2026-01-20"),
        owed(2, 20_000, due="2026-01-10"),
        owed(3, 90_000, due="2026-01-30"),
    )

    assert asked(33_300, "VIR", *invoices, payers={1}) == Could((2, 1), "payer")


def test_an_amount_alone_holds_nobody() -> None:
    assert asked(120_000, "VIR SEPA", owed(71, 120_000)) is None


def test_a_name_that_only_resembles_needs_the_exact_amount() -> None:
    invoice = owed(71, 120_000)

    assert asked(120_000, "VIR DUPONTEL M", invoice) == Could((71,), "alike_name")
    assert asked(119_999, "VIR DUPONTEL M", invoice) is None
    assert asked(120_000, "VIR DURAND", invoice) is None


def test_money_that_came_before_the_invoice_did_not_pay_it() -> None:
    early = date(2025, 12, 14)

    assert asked(120_000, "VIR", owed(71, 120_000), payers={1}, booked_on=early) is None


def test_another_currency_is_not_held() -> None:
    dollars = Open(1, "FA-1", 1, Money(120_000, "USD"), DAY)

    assert asked(120_000, "VIR DUPONT MENUISERIE FA-1", dollars) is None


def test_a_debit_holds_nothing() -> None:
    assert asked(-120_000, "FA-2026-0071", owed(71, 120_000)) is None


def test_one_line_holds_ten_invoices_at_the_most_and_says_how_many_more_fit() -> None:
    invoices = [owed(key, 120_000) for key in range(1, 16)]

    found = asked(120_000, "VIR", *invoices, payers={1})

    assert found is not None
    assert (len(found.invoices), found.left_out) == (probable.MOST_HELD, 5)


def test_sets_have_up_to_four_parts_and_are_found_among_forty() -> None:
    invoices = [owed(key, 3**key) for key in range(1, 41)]
    four, five = (sum(3**key for key in keys) for keys in ((3, 17, 28, 40), (3, 8, 17, 28, 40)))

    assert [{one.id for one in found} for found in subsets(invoices, eur(four))] == [
        {3, 17, 28, 40}
    ]
    assert list(subsets(invoices, eur(five))) == []


def test_equal_amounts_by_the_dozen_do_not_make_it_search_for_ever() -> None:
    invoices = [owed(key, 1) for key in range(1, 41)]

    found = list(subsets(invoices, eur(4)))

    assert 0 < len(found) <= probable.MOST_STEPS
