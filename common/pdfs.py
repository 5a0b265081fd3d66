"""PDFs that others made: counted, and joined. Pure; run it in a limited process."""

from base64 import b64encode
from collections.abc import Sequence

from common.refusals import UploadRefused

A4 = (595.28, 841.89)  # points


def pages(content: bytes) -> int:
    """Return how many pages a PDF has.

    Raises:
        UploadRefused: not_a_pdf, when it can't be opened, or needs a password.
    """
    import pypdfium2  # noqa: PLC0415 - only the limited process needs it

    try:
        return len(pypdfium2.PdfDocument(content))
    except pypdfium2.PdfiumError as error:
        raise UploadRefused("not_a_pdf") from error


def joined(groups: Sequence[Sequence[bytes]]) -> str:
    """Return PDFs one after the other as one, in base64; each group begins on a front page."""
    import pypdfium2  # noqa: PLC0415 - as above

    whole = pypdfium2.PdfDocument.new()
    for group in groups:
        for part in group:
            whole.import_pages(pypdfium2.PdfDocument(part))
        if len(whole) % 2:
            whole.new_page(*A4)
    return b64encode(_saved(whole)).decode("ascii")


def _saved(document: object) -> bytes:
    from io import BytesIO  # noqa: PLC0415 - as above

    out = BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()
