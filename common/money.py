"""An amount of money: a whole number of its currency's minor units."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from common.errors import DomainError

# Source: ISO 4217. Every other currency in use has two decimals.
DECIMALS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND",
         "VUV", "XAF", "XOF", "XPF"),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip

# Source: ISO 4217, the currencies in circulation.
CURRENCIES = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD "
    "BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN "
    "ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD "
    "IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD "
    "MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
    "OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
    "UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG".split()
)

# Far above any invoice, far below what a bigint holds, so that sums cannot overflow.
LARGEST_MINOR = 10**13

_PLAIN = re.compile(r"(-?)(\d{1,14})(?:\.(\d+))?", re.ASCII)


class CurrencyMismatch(DomainError):
    """Amounts of two currencies are neither added nor compared."""

    code = "currency_mismatch"


class BadAmount(DomainError):
    """What was written is not an amount."""

    code = "bad_amount"


@dataclass(frozen=True, slots=True)
class Money:
    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._minor_of(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._minor_of(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._minor_of(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._minor_of(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._minor_of(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        """Return the plain form, "1200.00 EUR"; pages use the `money` filter."""
        return f"{self.amount} {self.currency}"

    @property
    def amount(self) -> str:
        """Return the plain decimal, "1200.00", as the API writes it."""
        return str(Decimal(self.minor).scaleb(-decimals(self.currency)))

    def _minor_of(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self} and {other} are in two currencies.")
        return other.minor


def decimals(currency: str) -> int:
    """Return how many decimals a currency has."""
    return DECIMALS.get(currency, 2)


def is_currency(code: str) -> bool:
    """Return whether a text is the ISO 4217 code of a currency in circulation."""
    return code in CURRENCIES


def parse(text: str, currency: str) -> Money:
    """Read the plain form, "-1200.00": ASCII digits and a point, nothing rounded.

    Raises:
        BadAmount: other characters, more decimals than the currency has, or too large.

    Files and forms, where people write amounts as they like, bring them to this form first.
    """
    found = _PLAIN.fullmatch(text)
    if found is None:
        raise BadAmount(f"“{text[:40]}” is not an amount.")
    sign, whole, fraction = found.group(1), found.group(2), found.group(3) or ""
    places = decimals(currency)
    if len(fraction) > places:
        raise BadAmount(f"{text[:40]} has more than {places} decimals.")
    minor = int(whole + fraction.ljust(places, "0"))
    if minor > LARGEST_MINOR:
        raise BadAmount(f"{text[:40]} is too large to be an amount.")
    return Money(-minor if sign else minor, currency)


def total(amounts: Iterable[Money], *, currency: str) -> Money:
    """Return the sum of amounts of one currency; zero of it when there are none."""
    return sum(amounts, Money(0, currency))
