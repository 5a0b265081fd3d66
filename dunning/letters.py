"""Turn a written letter into pages: A4, for a French window envelope, tagged, nothing fetched."""

from base64 import b64decode
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from common import pdfs, uploads

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher


def render_pdf(html: str, *, stamp: str = "") -> bytes:
    """Return the letter as PDF/UA: tagged, with the title and language of the HTML.

    Args:
        stamp: a word at the head of each page, such as that it is a draft.
    """
    from weasyprint import CSS, HTML  # noqa: PLC0415 - takes two seconds to import

    document = HTML(string=html, url_fetcher=_nothing_outside())
    styles = [CSS(string=_STAMP % stamp)] if stamp else []
    pdf: bytes = document.write_pdf(
        stylesheets=styles, font_config=_fonts(), pdf_variant="pdf/ua-1"
    )
    return pdf


_STAMP = (
    '@page { @top-right { content: "%s"; font: bold 12pt "Liberation Sans", Arial, sans-serif; } }'
)


def batch(envelopes: Sequence[Sequence[bytes]]) -> bytes:
    """Return letters, each with what is joined to it, as one PDF in their order.

    Each begins on a sheet of its own when both sides are printed on.
    """
    parts = [list(envelope) for envelope in envelopes]
    return b64decode(uploads.run_limited(pdfs.joined, parts, seconds=60, megabytes=1024))


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
