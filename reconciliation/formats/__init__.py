"""Bank statements in every format that is read. Pure: bytes in, accounts and lines out."""

from collections.abc import Callable, Mapping

from common import uploads
from common.refusals import UploadRefused
from reconciliation.formats import ofx
from reconciliation.formats.base import StatementFile

READERS: Mapping[str, Callable[[bytes], StatementFile]] = {"ofx": ofx.read}


def recognise(data: bytes) -> str:
    """Return the name of the format of a statement, told by its content.

    Raises:
        UploadRefused: empty_file, or not_a_statement.
    """
    if not data.strip():
        raise UploadRefused("empty_file")
    found = uploads.recognise(data)
    if found not in READERS:
        raise UploadRefused("not_a_statement", found=found)
    return found


def read(data: bytes, format: str = "auto") -> StatementFile:  # noqa: A002 the contract's word
    """Read a statement.

    Args:
        format: one of READERS, or auto to tell it by the content.

    Raises:
        UploadRefused: the file as a whole can't be read.
    """
    if format != "auto" and format not in READERS:
        raise UploadRefused("unknown_format", value=format[:20])
    return READERS[recognise(data) if format == "auto" else format](data)
