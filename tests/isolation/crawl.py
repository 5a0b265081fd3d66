"""Everything that one organization can be told: its pages, its API, its PDFs and its mail."""

import email.policy
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.parser import BytesParser
from html import unescape
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pypdfium2
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve

from tests.isolation import probe

_LINK = re.compile(r"""(?:href|src|hx-get)=["']([^"'#]+)""")


@dataclass
class Crawl:
    """What was told, by address.

    Args:
        most: how many addresses of one kind are read, beside those that it begins with.
    """

    most: int
    told: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)

    def wants(self, url: str) -> bool:
        """Return whether there is room for another address of this kind, and count it."""
        try:
            kind = resolve(urlsplit(url).path).route
        except Resolver404:
            return False
        self.taken[kind] += 1
        return self.taken[kind] <= self.most

    def places_of(self, mark: str) -> list[str]:
        """Return the addresses that tell a mark, however it is written."""
        sought = mark.casefold()
        return [url for url, text in self.told.items() if sought in text.casefold()]

    def tell(self, url: str, answer: HttpResponse) -> str:
        content = getattr(answer, "content", b"") or b"".join(answer)
        headers = "\n".join(f"{name}: {unquote(value)}" for name, value in answer.headers.items())
        text = "\n".join([headers, *decoded(content, answer.headers.get("Content-Type", ""))])
        self.told[url], self.statuses[url] = text, answer.status_code
        return text


def decoded(content: bytes, kind: str) -> Iterator[str]:
    """Yield what a body says: as it is, and with what is packed in it unpacked."""
    raw = content.decode("utf-8", errors="replace")
    yield raw
    yield unescape(raw)
    if content.startswith(b"%PDF"):
        yield from _of_pdf(content)
    elif kind.startswith("message/rfc822"):
        yield from _of_mail(content)
    elif kind.startswith("application/json"):
        yield json.dumps(json.loads(raw), ensure_ascii=False)


def _of_pdf(content: bytes) -> Iterator[str]:
    with pypdfium2.PdfDocument(content) as document:
        yield str(document.get_metadata_dict())
        for page in document:
            yield page.get_textpage().get_text_bounded()


def _of_mail(content: bytes) -> Iterator[str]:
    message = BytesParser(policy=email.policy.default).parsebytes(content)
    yield "\n".join(f"{name}: {value}" for name, value in message.items())
    for part in message.walk():
        if not part.is_multipart():
            packed: bytes = part.get_payload(decode=True)  # type: ignore[assignment]
            yield f"{part.get_filename()}"
            yield from decoded(packed, part.get_content_type())


def pages(client: Client, starts: list[str], *, under: str, found: Crawl) -> None:
    """Read the pages that begin somewhere and every page they lead to, under one address."""
    waiting, seen = list(starts), set(starts)
    while waiting:
        url = waiting.pop(0)
        answer = probe.ask(client, "GET", url)
        text = found.tell(url, answer)
        links = [answer.headers.get("Location", ""), *map(unescape, _LINK.findall(text))]
        for link in links:
            parts = urlsplit(urljoin(url, link))
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            if not parts.netloc and target.startswith(under) and target not in seen:
                seen.add(target)
                if found.wants(target):
                    waiting.append(target)


def calls(client: Client, lists: list[str], *, found: Crawl) -> None:
    """Read the lists of the API to their ends, and each object that they name."""
    for url in lists:
        text = found.tell(url, probe.ask(client, "GET", url))
        for row in _rows(text):
            one = f"{url}{row.get('id')}/"
            if found.wants(one):
                found.tell(one, probe.ask(client, "GET", one))


def _rows(text: str) -> list[dict[str, Any]]:
    try:
        return list(json.loads(text.splitlines()[-1]).get("results", []))
    except (ValueError, AttributeError, IndexError):
        return []
