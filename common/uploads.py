"""What an uploaded file may be, and the limited process in which it is read. Pure.

A reader of files from outside runs in a process of its own, which starts with nothing of ours:
no settings, no secrets in its environment, no inherited file but its question and its answer.
It limits its own memory, processor time and output before it sees the file, and is killed when
the clock runs out. The question goes to it pickled, since we write it ourselves; the answer
comes back as JSON and is rebuilt from the reader's annotations (`common.plain`), because
unpickling what a hostile file may have written would run it here.
"""

import codecs
import json
import logging
import pickle
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import Any, Protocol, TypeVar, get_type_hints

from common.plain import from_plain
from common.refusals import SENTENCES, Fact, UploadRefused

LARGEST_FILE = 20 * 2**20
ROOT = Path(__file__).resolve().parent.parent

Result = TypeVar("Result")


class Received(Protocol):
    """A file as the web server hands it over."""

    @property
    def size(self) -> int | None: ...

    def read(self) -> bytes: ...


logger = logging.getLogger(__name__)


# What it is


def check(data: bytes, *, accepts: Collection[str], name: str = "") -> str:
    """Return the type of a file, found in its content, if it is one that is accepted.

    Args:
        accepts: types as `recognise` names them.
        name: the name it was uploaded under; an ending that promises another type is refused.

    Raises:
        UploadRefused: too_large, empty_file, wrong_type.
    """
    if len(data) > LARGEST_FILE:
        raise UploadRefused("too_large", megabytes=LARGEST_FILE // 2**20)
    if not data.strip():
        raise UploadRefused("empty_file")
    found = recognise(data)
    promised = _PROMISES.get(PurePath(name).suffix.lower(), {found})
    if found not in accepts or found not in promised:
        raise UploadRefused("wrong_type", found=found)
    return found


_PROMISES = {
    ".csv": {"text"},
    ".tsv": {"text"},
    ".txt": {"text", "ofx"},
    ".xlsx": {"xlsx"},
    ".xls": {"xls", "xlsx"},
    ".ofx": {"ofx"},
    ".qfx": {"ofx"},
    ".xml": {"xml", "ofx"},
    ".pdf": {"pdf"},
}

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"%PDF-", "pdf"),
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "rar"),
)
_HTML = re.compile(r"<(!doctype\s+html|html|head|body|script)\b", re.IGNORECASE)
_OFX = re.compile(r"\bOFXHEADER\s*[:=]|<OFX>", re.IGNORECASE)


def received(file: Received) -> bytes:
    """Return the content of an uploaded file; one that is too large is never read.

    Raises:
        UploadRefused: too_large.
    """
    if (file.size or 0) > LARGEST_FILE:
        raise UploadRefused("too_large", megabytes=LARGEST_FILE // 2**20)
    return file.read()


def recognise(data: bytes) -> str:
    """Return what a content is: text, ofx, xml, html, xlsx, xlsm, zip, gzip, pdf, ..., binary."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data.startswith(b"PK"):
        return _recognise_zip(data)
    head = _head(data)
    if head is None:
        return "binary"
    start = head.lstrip("\ufeff \t\r\n")
    if _OFX.search(head):
        return "ofx"
    if _HTML.match(start):
        return "html"
    return "xml" if re.match(r"<[?!A-Za-z]", start) else "text"


def _recognise_zip(data: bytes) -> str:
    if b"xl/workbook" not in data:
        return "zip"
    return "xlsm" if b"vbaProject" in data else "xlsx"


def _head(data: bytes) -> str | None:
    """Return the beginning as text, or None if it can't be text."""
    head = data[:4096]
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return head.decode(encoding, "replace")
    wide = wide_encoding(head)
    if wide:
        return head.decode(wide, "replace")
    if head.count(0) * 10 > len(head):
        return None
    return head.decode("latin-1")


# What it says

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LONE_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    encoding: str


def decode(data: bytes, *, declared: str = "") -> Text:
    """Read bytes as text: its mark, else UTF-8, else what it declares, else cp1252.

    UTF-8 comes before the declaration, because accents that are valid UTF-8 by chance do not
    exist in practice, and headers that declare another set are common.

    Args:
        declared: the encoding named in the file, if any; one that Python does not know is
            passed over.

    Returns:
        Composed text (NFC), without any mark.

    Raises:
        UploadRefused: encoding or nul_byte, with the row.
    """
    for encoding in _candidates(data, declared):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            failure = error
            continue
        nul = text.find("\0")
        if nul >= 0:
            raise UploadRefused("nul_byte", row=text.count("\n", 0, nul) + 1)
        return Text(unicodedata.normalize("NFC", text), encoding.removesuffix("-sig"))
    raise UploadRefused("encoding", row=failure.object.count(b"\n", 0, failure.start) + 1)


def _candidates(data: bytes, declared: str) -> list[str]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return [encoding]
    wide = wide_encoding(data[:4096])
    if wide:
        return [wide]
    if _LONE_SURROGATE.search(data) and _is_utf8_but_for_surrogates(data):
        return ["utf-8"]
    return ["utf-8", *([declared] if declared in SINGLE_BYTE else []), "cp1252"]


SINGLE_BYTE = {"cp1252", "iso-8859-1", "iso-8859-15", "cp850", "mac-roman"}


_LAST_CONTROL = 8  # before the tab; no text holds these


def wide_encoding(head: bytes) -> str:
    """Return utf-16-le or utf-16-be for a text in it without a mark, else nothing."""
    odd, even = head[1::2], head[::2]
    if odd.count(0) * 10 > len(head) * 4 and min(even, default=0) > _LAST_CONTROL:
        return "utf-16-le"
    if even.count(0) * 10 > len(head) * 4 and min(odd, default=0) > _LAST_CONTROL:
        return "utf-16-be"
    return ""


def _is_utf8_but_for_surrogates(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


# How it is read


def run_limited(
    function: Callable[..., Result], *arguments: Any, seconds: int = 10, megabytes: int = 512
) -> Result:
    """Run a pure reader in a limited process and return its result.

    Args:
        function: a function of a module, or a `partial` of one, whose annotated result is made
            of dataclasses, tuples, lists, dicts, dates, text and whole numbers.
        arguments: bytes, text, dataclasses...; they are pickled.
        seconds: of processor time, and of the clock twice as much.

    Raises:
        UploadRefused: what the reader refused, its code and sentence kept, or parser_died.
    """
    with tempfile.TemporaryFile() as question, tempfile.TemporaryFile() as reply:
        pickle.dump((function, arguments), question, protocol=pickle.HIGHEST_PROTOCOL)
        question.seek(0)
        try:
            done = subprocess.run(  # noqa: S603 our own interpreter and our own words
                [sys.executable, "-I", "-c", _START, str(ROOT), str(seconds), str(megabytes)],
                stdin=question,
                stdout=reply,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"LC_ALL": "C.UTF-8"},
                timeout=seconds * 2,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _died(function, "out of time") from None
        reply.seek(0)
        written = reply.read()
    if done.returncode != 0:
        raise _died(function, f"exit status {done.returncode}")
    return _received(function, written)


# -I keeps the working directory and the environment out of the import path.
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from common.limited import main; main()"


def _received(function: Callable[..., Result], written: bytes) -> Result:
    try:
        answer = json.loads(written)
        if "result" in answer:
            result: Result = from_plain(_announced(function), answer["result"])
            return result
        refusal = _refusal(*answer["refused"]) if "refused" in answer else None
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _died(function, f"a malformed answer ({type(error).__name__})") from None
    raise refusal or _died(function, str(answer.get("died")))


def _announced(function: Callable[..., Any]) -> Any:
    return get_type_hints(_innermost(function))["return"]


def _innermost(function: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(function, partial):
        function = function.func
    return function


def _refusal(code: str, sentence: str, facts: dict[str, Fact]) -> UploadRefused:
    """Rebuild a refusal; one whose code is not a file's keeps its own sentence."""
    if code in SENTENCES:
        return UploadRefused(code, **facts)
    refusal = UploadRefused("parser_died", **facts)
    refusal.code, refusal.args = code, (sentence,)
    return refusal


def _died(function: Callable[..., Any], reason: str) -> UploadRefused:
    logger.error("A reader of files ended early: %s, %s", reason, _innermost(function).__qualname__)
    return UploadRefused("parser_died")
