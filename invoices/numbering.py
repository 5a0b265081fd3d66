"""How the numbers of invoices are compared. Pure."""

import re
import unicodedata


def normalised(number: str) -> str:
    """Return a number with nothing but its capitals and digits: FA-2025-03854 is FA202503854."""
    plain = unicodedata.normalize("NFKD", number.upper())
    return re.sub(r"[^A-Z0-9]", "", plain)
