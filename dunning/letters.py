"""Turn a written letter into pages: A4, for a French window envelope, tagged, nothing fetched."""

from base64 import b64decode
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from common import pdfs, uploads

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher


def render_pdf(html: str) -> bytes:
    """Return the letter as PDF/UA: tagged, with the title and language of the HTML."""
    from weasyprint import HTML  # noqa: PLC0415 - takes two seconds to import

    document = HTML(string=html, url_fetcher=_nothing_outside())
    pdf: bytes = document.write_pdf(font_config=_fonts(), pdf_variant="pdf/ua-1")
    return pdf


def batch(parts: Sequence[bytes]) -> bytes:
    """Return letters, and what is joined to each, as one PDF, in their order."""
    return b64decode(uploads.run_limited(pdfs.joined, list(parts), seconds=60, megabytes=1024))


@cache
def _fonts() -> "FontConfiguration":
    """Return the machine's fonts, looked through once per process."""
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415 - as above

    return FontConfiguration()


@cache
def _nothing_outside() -> "URLFetcher":
    """Return a fetcher that refuses every address, and the letter with it."""
    from weasyprint.urls import URLFetcher  # noqa: PLC0415 - as above

    return URLFetcher(allowed_protocols=(), fail_on_errors=True)
