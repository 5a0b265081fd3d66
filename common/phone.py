"""A phone number as networks know it. Pure.

What people write is read by the numbering plan of a country; what no plan knows is no number.
"""

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

# Where a number does not show whether it is a mobile's, as in North America, it may be one.
_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def e164(number: str, *, country: str) -> str:
    """Return a number as "+33612345678", or "" when there is no such number.

    Args:
        country: whose plan a number without a country code is of, as "FR".

    Source: ITU-T E.164.
    """
    parsed = _parsed(number, country)
    return "" if parsed is None else phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def mobile(number: str, *, country: str) -> str:
    """Return the number of a mobile as `e164` does, or "" when no text message reaches it.

    Source: Arcep, plan national de numérotation: in France 06 and 07, 0700 and the machines apart.
    """
    parsed = _parsed(number, country)
    if parsed is None or phonenumbers.number_type(parsed) not in _MOBILE:
        return ""
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def _parsed(number: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_valid_number(parsed) else None
