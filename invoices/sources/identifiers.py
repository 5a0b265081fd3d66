"""Numbers and addresses that show by themselves whether they are right. Pure."""

import re
from functools import cache

from stdnum import iban as _iban

from common.refusals import BadCell
from common.tables import fold

_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z]{2,24}",
    re.ASCII,
)
_LONGEST_EMAIL = 254
_SIREN, _SIRET, _FRENCH_VAT = 9, 14, 13  # characters
_VAT = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}", re.ASCII)


def is_email(text: str) -> bool:
    address = text.strip()
    return (
        len(address) <= _LONGEST_EMAIL
        and _EMAIL.fullmatch(address) is not None
        and ".." not in address
    )


@cache
def is_iban(text: str) -> bool:
    return bool(_iban.is_valid(compact(text)))


def is_siren(text: str) -> bool:
    """Return whether a text is a SIREN, or a SIRET, whose key is right."""
    digits = _digits(text)
    if len(digits) == _SIRET:
        return _luhn(digits[:_SIREN]) and (_luhn(digits) or _is_post_office(digits))
    return len(digits) == _SIREN and _luhn(digits)


def _is_post_office(digits: str) -> bool:
    """Return whether it is a SIRET of La Poste, whose digits add up to a multiple of five."""
    return digits.startswith("356000000") and sum(map(int, digits)) % 5 == 0


def _digits(text: str) -> str:
    digits = re.sub(r"[\s.\u00a0\u202f-]", "", text)
    return digits if digits.isascii() and digits.isdigit() else ""


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def compact(text: str) -> str:
    """Return a text in capitals without spaces and separators."""
    return re.sub(r"[\s.\u00a0\u202f-]", "", text).upper()


def siren(text: str) -> str:
    """Return the nine digits of a SIREN or SIRET.

    Raises:
        BadCell: bad_siren.
    """
    if not is_siren(text):
        raise BadCell("bad_siren", value=text)
    return _digits(text)[:_SIREN]


def vat_number(text: str) -> str:
    """Return a VAT number without spaces; the key of a French one must be right.

    Raises:
        BadCell: bad_vat_number.
    """
    number = compact(text)
    if not _VAT.fullmatch(number) or not _french_key_is_right(number):
        raise BadCell("bad_vat_number", value=text)
    return number


def _french_key_is_right(number: str) -> bool:
    """Check a French key of digits. Source: key = (12 + 3 x (SIREN mod 97)) mod 97."""
    if not number.startswith("FR") or not number[2:].isdigit():
        return True
    return len(number) == _FRENCH_VAT and int(number[2:4]) == (12 + 3 * (int(number[4:]) % 97)) % 97


_COUNTRIES = {
    "france": "FR", "fra": "FR", "belgique": "BE", "belgium": "BE", "bel": "BE", "suisse": "CH",
    "switzerland": "CH", "che": "CH", "luxembourg": "LU", "lux": "LU", "monaco": "MC",
    "allemagne": "DE", "germany": "DE", "deutschland": "DE", "deu": "DE", "espagne": "ES",
    "spain": "ES", "esp": "ES", "italie": "IT", "italy": "IT", "ita": "IT", "portugal": "PT",
    "prt": "PT", "pays bas": "NL", "netherlands": "NL", "nld": "NL", "royaume uni": "GB",
    "united kingdom": "GB", "uk": "GB", "gbr": "GB", "irlande": "IE", "ireland": "IE",
    "autriche": "AT", "austria": "AT", "pologne": "PL", "poland": "PL", "maroc": "MA",
    "morocco": "MA", "tunisie": "TN", "tunisia": "TN", "algerie": "DZ", "algeria": "DZ",
    "etats unis": "US", "united states": "US", "usa": "US", "canada": "CA", "senegal": "SN",
    "cote ivoire": "CI", "danemark": "DK", "denmark": "DK", "suede": "SE", "sweden": "SE",
    "guadeloupe": "GP", "martinique": "MQ", "reunion": "RE", "guyane": "GF", "mayotte": "YT",
    "nouvelle caledonie": "NC", "polynesie francaise": "PF",
}  # fmt: skip
_LANGUAGES = {
    "francais": "fr", "french": "fr", "fra": "fr", "fre": "fr", "anglais": "en", "english": "en",
    "eng": "en", "allemand": "de", "german": "de", "espagnol": "es", "spanish": "es",
    "italien": "it", "italian": "it", "neerlandais": "nl", "dutch": "nl", "portugais": "pt",
}  # fmt: skip


def country(text: str) -> str:
    """Return the two letters of a country.

    Raises:
        BadCell: bad_country.
    """
    folded = fold(text)
    if re.fullmatch(r"[a-z]{2}", folded) and folded not in _COUNTRIES:
        return folded.upper()
    if folded not in _COUNTRIES:
        raise BadCell("bad_country", value=text)
    return _COUNTRIES[folded]


def language(text: str) -> str:
    """Return the two letters of a language.

    Raises:
        BadCell: bad_language.
    """
    folded = fold(text)
    if folded in _LANGUAGES:
        return _LANGUAGES[folded]
    found = re.fullmatch(r"([a-z]{2})(?: [a-z]{2})?", folded)
    if found is None:
        raise BadCell("bad_language", value=text)
    return found[1]
