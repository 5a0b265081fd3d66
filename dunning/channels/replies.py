"""What a mail server's reply says of an address: nobody is there, or something else. Pure.

A mailbox that is full, or a letter that looks like spam, does not make an address a wrong one.
"""

import re

# Source: RFC 3463, 3.2 and 3.3: X.1.x is about the address, X.2.1 a mailbox that is closed.
_ENHANCED = re.compile(r"\b5\.(\d{1,3})\.(\d{1,3})\b", re.ASCII)
_CODE = re.compile(r"\b5\d\d\b", re.ASCII)
# Source: RFC 5321, 4.2.3: no such mailbox, not of this server, no name that may be a mailbox's.
NOBODY = {"550", "551", "553"}


def says_nobody(reply: str) -> bool:
    """Return whether a reply, as "550 5.1.1 No such user", says that nobody has the address."""
    enhanced = _ENHANCED.search(reply)
    if enhanced is not None:
        return enhanced[1] == "1" or enhanced.groups() == ("2", "1")
    code = _CODE.search(reply)
    return code is not None and code[0] in NOBODY
