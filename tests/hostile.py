"""Strings and bodies that break programs, by class, and how they are put into a request."""

import json
from urllib.parse import quote_from_bytes

NUL, SURROGATE = "\x00", "\ud800"

# Cannot be stored: each must be refused.
UNSTORABLE = {
    "a NUL": f"Dupont{NUL}",
    "a NUL alone": NUL,
    "a high surrogate": f"Dupont {SURROGATE}",
    "a low surrogate": "\udfff",
    "surrogates the wrong way round": "\ude00\ud83d",
}
# Bytes that are no UTF-8: each must be refused.
NOT_UTF8 = {
    "a byte order mark of UTF-16": b"\xff\xfe",
    "an overlong slash": b"\xc0\xaf",
    "an overlong NUL": b"\xc0\x80",
    "a surrogate in UTF-8": b"\xed\xa0\x80",
    "a character cut off": b"caf\xc3",
    "Latin-1": b"caf\xe9",
    "above the last character": b"\xf4\x90\x80\x80",
}
# Text like any other: kept as it was sent, or refused, never changed.
TEXTS = {
    "nothing": "",
    "a blank": " ",
    "a right-to-left override": "gnp.\u202efdp",
    "bidi isolates": "\u2066Dupont\u2069\u200f",
    "a zero width joiner": "Du\u200dpont\ufeff",
    "a line separator": "one\u2028two",
    "a combining pile": "e" + "\u0301" * 200,
    "decomposed": "Socie\u0301te\u0301",
    "an emoji of four bytes": "👩‍👩‍👧‍👧",
    "a control character": "a\x01\x1b[31m\x7f",
    "very long": "x" * 100_000,
    "long and wide": "é" * 5_000,
    "a number of 5,000 digits": "9" * 5_000,
    "more than a bigint": "9223372036854775808",
    "below zero": "-1",
    "negative zero": "-0",
    "a huge exponent": "1e400",
    "not a number": "NaN",
    "infinity": "Infinity",
    "with underscores": "1_000",
    "hexadecimal": "0x10",
    "Arabic digits": "١٢٣",
    "wide digits": "１２３",
    "superscripts": "²³",
    "an Arabic day": "٢٠٢٦-٠٢-١٣",
    "no such day": "2026-02-30",
    "a day with weeks": "2026-W07-5",
    "a day before time": "0000-00-00",
    "a day after time": "9999-12-31",
    "a day beyond": "10000-01-01",
    "a day with a clock": "2026-02-13T09:00:00+99:00",
    "a far offset": "+999999999",
    "a script": "<script>alert(1)</script>",
    "out of an attribute": "\"'><svg/onload=alert(1)>",
    "a scheme": "javascript:alert(1)",
    "an htmx attribute": '<div hx-get="/x" hx-trigger="load">',
    "out of a statement": "'; DROP TABLE invoices_invoice; --",
    "out of a string": "' OR 1=1 --",
    "wildcards": "%_%",
    "a regular expression": "(a+)+$",
    "a lookup": "organization__api_keys__secret_hash__startswith",
    "a formula": '=HYPERLINK("http://x.example","y")',
    "a formula with a plus": "+cmd|'/c calc'!A1",
    "a Django template": "{{ settings.SECRET_KEY }}{% debug %}",
    "a Jinja template": "{{ ''.__class__.__mro__ }}",
    "a format string": "%s%n{0.__class__}",
    "a path upwards": "../../../../etc/passwd",
    "a Windows path": "..\\..\\windows\\win.ini",
    "a device": "CON",
    "a header": "a@b.example\r\nBcc: x@y.example",
    "an address elsewhere": "//evil.example/%2e%2e",
    "JSON": '{"$ne": null}',
    "Python": "__import__('os')",
    "true": "true",
    "null": "null",
}
# Values that no field of text, day or amount is.
JSON_VALUES: dict[str, object] = {
    "null": None,
    "a truth": True,
    "a number": 5,
    "a big number": 10**300,
    "a fraction": 1.5,
    "negative zero": -0.0,
    "a list": ["x"],
    "an empty list": [],
    "an object": {"x": "y"},
    "a deep object": {"a": {"a": {"a": {"a": {}}}}},
    "an operator": {"$gt": ""},
    "money without a currency": {"amount": "1"},
    "money of the wrong kind": {"amount": 1, "currency": "EUR"},
    "money beyond count": {"amount": "9" * 400, "currency": "EUR"},
    "money of no country": {"amount": "1.00", "currency": "€€€"},
    "money in Arabic digits": {"amount": "١٢٣.٠٠", "currency": "EUR"},
    "money that is none": {"amount": "NaN", "currency": "EUR"},
}
# Whole bodies that are no JSON, or none that is read: each is refused with 400 or 413.
BODIES = {
    "nothing": b"",
    "cut off": b'{"name": "Du',
    "two documents": b"{}{}",
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "a number of 5,000 digits": b'{"name": ' + b"9" * 5_000 + b"}",
    "100,000 lists deep": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "forty lists deep": b'{"name": ' + b"[" * 40 + b"]" * 40 + b"}",
    "a key twice": b'{"name": "a", "name": "b"}',
    "a key twice, once escaped": b'{"name": "a", "n\\u0061me": "b"}',
    "a key twice, further in": b'{"total": {"amount": "1.00", "amount": "2.00"}}',
    "a NUL in a key": b'{"na\\u0000me": "a"}',
    "a lone surrogate": b'{"name": "\\ud800"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "UTF-32": '{"name": "a"}'.encode("utf-32"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "a"}',
    "a list": b"[]",
    "a string": b'"name"',
    "null": b"null",
    "a raw line break in a string": b'{"name": "a\nb"}',
    "a raw NUL": b'{"name": "a\x00b"}',
    "too large": b'{"name": "' + b"x" * (2 * 2**20 + 1) + b'"}',
    **{f"{name} in a string": b'{"name": "' + raw + b'"}' for name, raw in NOT_UTF8.items()},
}


def in_query(name: str, value: str | bytes) -> str:
    """Return a query that holds a value byte for byte; a surrogate is what WTF-8 makes of it."""
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return f"{name}={quote_from_bytes(raw)}"


def as_json(value: object) -> bytes:
    """Return a body in which what is no text is escaped."""
    return json.dumps(value, ensure_ascii=True).encode()
