"""What a domain must publish for our mail in its name to be believed, and whether it does. Pure.

Every tenant's mail leaves by the same servers, so that records which name those servers say
nothing of who may use them: the domain also names the one organization that may.

Source: RFC 7208 (SPF), RFC 6376 and 8301 (DKIM), RFC 7489 (DMARC); the walk up to the domain's
parents in place of a list of public suffixes is that of its successor, draft-ietf-dmarc-dmarcbis.
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

Ask = Callable[[str], Sequence[str]]  # the texts of a name, or its aliases

MOST_LOOKUPS = 10  # RFC 7208, 4.6.4
MOST_PARENTS = 8
# The DER form of an RSA key of 1,024 bits; shorter ones are not believed (RFC 8301, 3.2).
SHORTEST_RSA_KEY = 160
LONGEST_FOUND, MOST_FOUND = 300, 3
ASKING = {"include", "a", "mx", "ptr", "exists"}
MECHANISMS = ASKING | {"all", "ip4", "ip6"}
NEED_VALUE = {"include", "exists", "ip4", "ip6"}

_TERM = re.compile(
    r"([+?~-]?)([a-z][a-z0-9._-]*)(?:([:=/])(.*))?", re.IGNORECASE | re.ASCII | re.DOTALL
)


class Unanswered(Exception):
    """No name server answered in time: nothing is known of the record."""


class State(StrEnum):
    VALID = "valid"
    WARNING = "warning"  # believed, and could be better
    MISSING = "missing"
    WRONG = "wrong"
    UNKNOWN = "unknown"  # nobody answered


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one record: `code` says why, `found` is what the domain publishes."""

    record: str  # "owner", "spf", "dkim", "dmarc"
    state: State
    code: str
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a domain is to publish.

    Attributes:
        owner: the text by which it names one organization.
        include: the SPF record of the servers that send.
        selector: of the signature.
        target: where the signature's key is kept, for an alias.
        key: the key itself, in base64, where it is published in place of an alias.
        return_path: the domain that bounces go to; "" is that of From.
    """

    owner_name: str
    owner: str
    include: str
    selector: str
    target: str
    key: str = ""
    return_path: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A line to publish."""

    record: str
    kind: str  # TXT or CNAME
    name: str
    value: str


def to_publish(domain: str, wanted: Wanted) -> tuple[Record, ...]:
    """Return the lines that a domain is to publish, of the simplest form."""
    signed_by = f"{wanted.selector}._domainkey.{domain}"
    dkim = (
        Record("dkim", "TXT", signed_by, f"v=DKIM1; k=rsa; p={wanted.key}")
        if wanted.key
        else Record("dkim", "CNAME", signed_by, wanted.target)
    )
    return (
        Record("owner", "TXT", f"{wanted.owner_name}.{domain}", wanted.owner),
        Record("spf", "TXT", domain, f"v=spf1 include:{wanted.include} ~all"),
        dkim,
        Record("dmarc", "TXT", f"_dmarc.{domain}", "v=DMARC1; p=quarantine"),
    )


def examine(domain: str, wanted: Wanted, *, texts: Ask, aliases: Ask) -> tuple[Finding, ...]:
    """Judge all four records of a domain, in the order of `to_publish`.

    Args:
        texts: gives the TXT records of a name.
        aliases: gives its CNAME.
    """
    owner = _answered("owner", lambda: judge_owner(domain, wanted, texts))
    spf = _answered("spf", lambda: judge_spf(domain, wanted.include, texts))
    dkim = _answered("dkim", lambda: judge_dkim(domain, wanted, texts, aliases))
    is_signed = dkim.state in {State.VALID, State.UNKNOWN}
    dmarc = _answered(
        "dmarc",
        lambda: judge_dmarc(
            domain, texts, signed_by=domain if is_signed else "", return_path=wanted.return_path
        ),
    )
    return (owner, spf, dkim, dmarc)


def is_believed(findings: Sequence[Finding]) -> bool:
    """Return whether mail may leave in the domain's name."""
    return bool(findings) and all(
        finding.state in {State.VALID, State.WARNING} for finding in findings
    )


def is_refuted(findings: Sequence[Finding]) -> bool:
    """Return whether a record is missing or wrong for certain."""
    return any(finding.state in {State.MISSING, State.WRONG} for finding in findings)


def judge_owner(domain: str, wanted: Wanted, texts: Ask) -> Finding:
    """Judge whether the domain names this organization; it may name others beside."""
    found = texts(f"{wanted.owner_name}.{domain}")
    if wanted.owner in {text.strip() for text in found}:
        return Finding("owner", State.VALID, "ok", _shown(found))
    if not found:
        return Finding("owner", State.MISSING, "missing")
    return Finding("owner", State.WRONG, "other_owner", _shown(found))


def judge_spf(domain: str, include: str, texts: Ask) -> Finding:
    """Judge the SPF record: one, readable, within ten look-ups, and naming our servers."""
    found = _spf(texts(domain))
    if not found:
        return Finding("spf", State.MISSING, "missing")
    if len(found) > 1:
        return Finding("spf", State.WRONG, "several", _shown(found))
    walk = _SpfWalk(include, texts)
    walk.follow(found[0])
    state, code = walk.verdict()
    return Finding("spf", state, code, _shown(found))


def judge_dkim(domain: str, wanted: Wanted, texts: Ask, aliases: Ask) -> Finding:
    """Judge the key of the signature: there, not revoked, long enough, and ours."""
    name = f"{wanted.selector}._domainkey.{domain}"
    alias = [target.rstrip(".").lower() for target in aliases(name)]
    if not wanted.key and alias and alias != [wanted.target.lower()]:
        return Finding("dkim", State.WRONG, "other_target", _shown(alias))
    found = list(texts(name))
    if not found:
        code = "no_key_behind" if alias else "missing"
        return Finding("dkim", State.WRONG if alias else State.MISSING, code, _shown(alias))
    if len(found) > 1:
        return Finding("dkim", State.WRONG, "several", _shown(found))
    tags = _tags(found[0])
    ours = wanted.key or ("" if alias else _tags("".join(texts(wanted.target)[:1])).get("p", ""))
    code = _of_key(tags, ours="".join(ours.split()))
    return Finding("dkim", State.VALID if code == "ok" else State.WRONG, code, _shown(found))


def judge_dmarc(domain: str, texts: Ask, *, signed_by: str, return_path: str = "") -> Finding:
    """Judge the policy that holds for a domain, and whether our mail agrees with it.

    Args:
        signed_by: the domain of the signature; "" when it has none that counts.
        return_path: the domain that bounces go to; "" is the one of From.
    """
    for at in _upwards(domain):
        found = [text for text in texts(f"_dmarc.{at}") if _is_dmarc(text)]
        if found:
            break
    else:
        return Finding("dmarc", State.MISSING, "missing")
    if len(found) > 1:
        return Finding("dmarc", State.WRONG, "several", _shown(found))
    tags = _tags(found[0])
    policy = tags.get("p", "") if at == domain else tags.get("sp", tags.get("p", ""))
    if policy.lower() not in {"none", "quarantine", "reject"}:
        return Finding("dmarc", State.WRONG, "no_policy", _shown(found))
    agrees = is_aligned(signed_by, domain, strict=tags.get("adkim") == "s", of=at) or is_aligned(
        return_path or domain, domain, strict=tags.get("aspf") == "s", of=at
    )
    if not agrees:
        return Finding("dmarc", State.WRONG, "not_aligned", _shown(found))
    if policy.lower() == "none":
        return Finding("dmarc", State.WARNING, "policy_none", _shown(found))
    return Finding("dmarc", State.VALID, "ok", _shown(found))


def is_aligned(proven: str, domain: str, *, strict: bool, of: str) -> bool:
    """Return whether a proven domain speaks for that of From.

    Args:
        proven: the domain of the signature, or the one that bounces go to.
        strict: they have to be the same; otherwise of one organization.
        of: the organization's domain, where its policy was found.
    """
    if proven == domain:
        return bool(proven)
    return not strict and (proven == of or proven.endswith(f".{of}"))


class _SpfWalk:
    """The look-ups that a receiver would do for an SPF record, counted as it counts them."""

    def __init__(self, include: str, texts: Ask) -> None:
        self.include = include.lower()
        self.texts = texts
        self.lookups = 0
        self.fault = ""
        self.names_us = False
        self.ending = "?"  # what becomes of mail from elsewhere

    def verdict(self) -> tuple[State, str]:
        if self.fault:
            return State.WRONG, self.fault
        if self.lookups > MOST_LOOKUPS:
            return State.WRONG, "too_many_lookups"
        if self.ending in {"+", ""}:
            return State.WRONG, "allows_anyone"
        if not self.names_us:
            return State.WRONG, "no_include"
        return (State.WARNING, "no_ending") if self.ending == "?" else (State.VALID, "ok")

    def follow(self, record: str, *, is_first: bool = True) -> None:
        """Read a record's terms in order; what comes after `all` counts for nothing."""
        redirect = ""
        for qualifier, name, value in self._terms(record):
            if name == "all":
                self.ending = qualifier if is_first else self.ending
                return
            if name == "redirect":
                redirect = value
            self.lookups += name in ASKING
            if name == "include":
                self._open(value, counts=qualifier in {"", "+"})
        if redirect and not self.fault:
            self.lookups += 1
            self._open(redirect, counts=True, is_first=is_first)

    def _open(self, name: str, *, counts: bool, is_first: bool = False) -> None:
        name = name.lower().rstrip(".")
        if counts and name == self.include:
            self.names_us = True
        is_macro = "%" in name  # known only for each mail
        if self.fault or self.lookups > MOST_LOOKUPS or is_macro:
            return
        found = _spf(self.texts(name))
        if len(found) == 1:
            self.follow(found[0], is_first=is_first)
        else:
            self.fault = "include_broken"

    def _terms(self, record: str) -> Iterator[tuple[str, str, str]]:
        seen: set[str] = set()
        for term in record.split()[1:]:
            match = _TERM.fullmatch(term)
            if match is None or not _is_term(*match.groups(), seen=seen):
                self.fault = "syntax"
                return
            qualifier, name, _sign, value = match.groups()
            yield qualifier, name.lower(), value or ""


def _is_term(
    qualifier: str, name: str, sign: str | None, value: str | None, *, seen: set[str]
) -> bool:
    """Return whether a term may stand in an SPF record (RFC 7208, 4.6.1 and 12)."""
    name = name.lower()
    if sign == "=":
        if name in {"redirect", "exp"}:
            if name in seen or not value:
                return False
            seen.add(name)
        return not qualifier
    if name not in MECHANISMS or (name in NEED_VALUE and (sign != ":" or not value)):
        return False
    if name in {"ip4", "ip6"}:
        return _is_network(value or "", version=int(name[-1]))
    return name != "all" or sign is None


def _is_network(text: str, *, version: int) -> bool:
    try:
        return ipaddress.ip_network(text, strict=False).version == version
    except ValueError:
        return False


def _of_key(tags: dict[str, str], *, ours: str) -> str:
    """Return "ok", or what is wrong with a key."""
    key = "".join(tags.get("p", "?").split())
    if tags.get("v", "DKIM1") != "DKIM1" or key == "?":
        return "syntax"
    if not key:
        return "revoked"
    try:
        raw = base64.b64decode(key, validate=True)
    except binascii.Error:
        return "syntax"
    if tags.get("k", "rsa") == "rsa" and len(raw) < SHORTEST_RSA_KEY:
        return "short_key"
    return "ok" if not ours or key == ours else "other_key"


def _spf(texts: Sequence[str]) -> list[str]:
    return [text for text in texts if text.lower() == "v=spf1" or text.lower()[:7] == "v=spf1 "]


def _is_dmarc(text: str) -> bool:
    first = text.partition(";")[0]
    return "".join(first.split()) == "v=DMARC1"


def _tags(text: str) -> dict[str, str]:
    """Return the tags of a DKIM or DMARC record; the first of each name counts."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, sign, value = part.partition("=")
        if sign:
            found.setdefault(name.strip(), value.strip())
    return found


def _upwards(domain: str) -> Iterator[str]:
    """Give a domain and its parents, none of a single label."""
    labels = domain.split(".")
    for place in range(max(len(labels) - 1, 1)):
        if place == 0 or len(labels) - place <= MOST_PARENTS:
            yield ".".join(labels[place:])


def _answered(record: str, judge: Callable[[], Finding]) -> Finding:
    try:
        return judge()
    except Unanswered:
        return Finding(record, State.UNKNOWN, "unanswered")


def _shown(texts: Sequence[str]) -> tuple[str, ...]:
    """Return what was found, short and printable: others wrote it."""
    return tuple(
        "".join(sign if sign.isprintable() else "?" for sign in text[:LONGEST_FOUND])
        for text in texts[:MOST_FOUND]
    )
