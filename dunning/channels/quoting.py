"""What somebody wrote, apart from what he quotes. Pure.

Mail programs mark the earlier message each in its own way; where none is seen, all is his own.
"""

import re
from html.parser import HTMLParser

LONGEST = 20_000  # letters kept of each part
_BREAKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "blockquote", "table", "ul", "ol"}
_UNSEEN = {"script", "style", "head", "title", "template"}
_INTRODUCTIONS = (
    re.compile(r"^\s*(?:Le|On|Am)\b.{4,200}\b(?:a écrit|écrit|wrote|schrieb)\b.{0,80}:\s*$",
               re.IGNORECASE),
    re.compile(r"^\s*-{2,}\s*(?:message (?:d[’']origine|original|transféré)|original message|"
               r"forwarded message|ursprüngliche nachricht)\s*-{2,}\s*$", re.IGNORECASE),
    re.compile(r"^\s*_{20,}\s*$"),
)  # fmt: skip
_HEADER = re.compile(r"^\s*\*?(?:De|From|Von)\s*:", re.IGNORECASE)
_NEXT_HEADER = re.compile(
    r"^\s*\*?(?:Envoyé|Date|Sent|Gesendet|À|A|To|An|Objet|Subject)\s*:", re.IGNORECASE
)
# Control characters, and those that turn the direction of what is read.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_SPACES = re.compile(r"[ \t\n]+")  # those that do not break stay
_TURNS = re.compile("[\u2028\u2029]")


def apart(text: str) -> tuple[str, str]:
    """Return what was written, and what it quotes; all is written where no line is left of it."""
    lines = clean(text).split("\n")
    place = next((i for i in range(len(lines)) if _begins_quote(lines, i)), len(lines))
    while place > 0 and not lines[place - 1].strip():
        place -= 1
    written, quoted = "\n".join(lines[:place]).strip(), "\n".join(lines[place:]).strip()
    if not written:
        return quoted[:LONGEST], ""
    return written[:LONGEST], quoted[:LONGEST]


def clean(text: str) -> str:
    """Return a text without what has no business in one, its line ends plain."""
    plain = _TURNS.sub("\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    plain = _UNPRINTABLE.sub("", plain)
    return "".join(sign for sign in plain if not "\ud800" <= sign <= "\udfff")


def one_line(text: str) -> str:
    """Return a text as one line, as a name or a subject is."""
    return _SPACES.sub(" ", clean(text)).strip()


def of_html(html: str) -> str:
    """Return the text of a formatted mail: no tag, no style, no address of a picture."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    lines = ("".join(reader.parts)).split("\n")
    joined = "\n".join(" ".join(line.split()) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", joined).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0
        self._quotes = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        if tag in _BREAKS:
            self.parts.append("\n")
        if tag == "blockquote":
            self._quotes += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        if tag in _BREAKS:
            self.parts.append("\n")
        if tag == "blockquote":
            self._quotes = max(self._quotes - 1, 0)

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        spaced = " ".join(data.split("\n"))
        if self._quotes and (not self.parts or self.parts[-1] == "\n") and spaced.strip():
            self.parts.append("> ")
        self.parts.append(spaced)


def _begins_quote(lines: list[str], place: int) -> bool:
    """Return whether the earlier message begins on a line."""
    line = lines[place]
    if any(form.match(line) for form in _INTRODUCTIONS):
        return True
    following = lines[place + 1 : place + 4]
    if following and any(
        form.match(f"{line} {following[0].strip()}") for form in _INTRODUCTIONS[:1]
    ):
        return True  # the introduction was broken into two lines
    if _HEADER.match(line) and any(_NEXT_HEADER.match(other) for other in following):
        return True
    # Answers between quoted lines are left as they are: what follows is no longer quoted.
    return line.startswith(">") and all(
        not other.strip() or other.startswith(">") for other in lines[place:]
    )
