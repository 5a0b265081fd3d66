"""What a domain publishes, as receivers judge it."""

import base64
from collections.abc import Mapping, Sequence

import pytest

from dunning.channels import domain_records
from dunning.channels.domain_records import Finding, State, Unanswered, Wanted

KEY = base64.b64encode(b"k" * 294).decode()
OTHER_KEY = base64.b64encode(b"o" * 294).decode()
SHORT_KEY = base64.b64encode(b"s" * 94).decode()
WANTED = Wanted(
    owner_name="_encours",
    owner="encours-owner=abc",
    include="spf.encours.example",
    selector="encours",
    target="encours._domainkey.encours.example",
)
SIGNED = "encours._domainkey.acme.fr"
RIGHT: Mapping[str, Sequence[str]] = {
    "_encours.acme.fr": ["encours-owner=abc"],
    "acme.fr": ["google-site-verification=1", "v=spf1 include:spf.encours.example -all"],
    "spf.encours.example": ["v=spf1 ip4:192.0.2.0/24 -all"],
    SIGNED: [f"v=DKIM1; k=rsa; p={KEY}"],
    WANTED.target: [f"v=DKIM1; k=rsa; p={KEY}"],
    "_dmarc.acme.fr": ["v=DMARC1; p=quarantine"],
}
ALIASES = {SIGNED: [f"{WANTED.target}."]}


def examine(
    records: Mapping[str, Sequence[str]] = RIGHT,
    *,
    aliases: Mapping[str, Sequence[str]] = ALIASES,
    wanted: Wanted = WANTED,
    domain: str = "acme.fr",
) -> dict[str, Finding]:
    findings = domain_records.examine(
        domain,
        wanted,
        texts=lambda name: records.get(name, ()),
        aliases=lambda name: aliases.get(name, ()),
    )
    return {finding.record: finding for finding in findings}


def spf(record: str, **others: Sequence[str]) -> tuple[State, str]:
    named = {name.replace("_", "."): texts for name, texts in others.items()}
    found = examine({**RIGHT, "acme.fr": [record], **named})["spf"]
    return found.state, found.code


def test_a_domain_whose_records_are_all_right_is_believed() -> None:
    found = examine()

    assert {one.state for one in found.values()} == {State.VALID}
    assert domain_records.is_believed(list(found.values()))


def test_what_is_to_be_published_is_what_is_judged_right() -> None:
    published: dict[str, list[str]] = {"spf.encours.example": ["v=spf1 ip4:192.0.2.1 -all"]}
    aliases: dict[str, list[str]] = {}
    for record in domain_records.to_publish("acme.fr", WANTED):
        where = aliases if record.kind == "CNAME" else published
        where[record.name] = [record.value]
    published[SIGNED] = [f"v=DKIM1; p={KEY}"]  # as name servers answer for an alias

    assert {one.state for one in examine(published, aliases=aliases).values()} == {State.VALID}


@pytest.mark.parametrize("record", ["owner", "spf", "dkim", "dmarc"])
def test_a_domain_that_lacks_one_record_is_not_believed(record: str) -> None:
    names = {
        "owner": "_encours.acme.fr",
        "spf": "acme.fr",
        "dkim": SIGNED,
        "dmarc": "_dmarc.acme.fr",
    }
    aliases: Mapping[str, Sequence[str]] = {} if record == "dkim" else ALIASES

    found = examine({**RIGHT, names[record]: []}, aliases=aliases)

    assert (found[record].state, found[record].code) == (State.MISSING, "missing")
    assert not domain_records.is_believed(list(found.values()))
    assert domain_records.is_refuted(list(found.values()))


def test_a_domain_that_names_another_organization_is_not_ours() -> None:
    found = examine({**RIGHT, "_encours.acme.fr": ["encours-owner=of-another"]})["owner"]

    assert (found.state, found.code) == (State.WRONG, "other_owner")
    assert found.found == ("encours-owner=of-another",)


def test_a_domain_may_name_two_organizations() -> None:
    found = examine({**RIGHT, "_encours.acme.fr": ["encours-owner=x", "encours-owner=abc"]})

    assert found["owner"].state == State.VALID


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        ("v=spf1 include:spf.encours.example ~all", (State.VALID, "ok")),
        ("V=SPF1 INCLUDE:SPF.ENCOURS.EXAMPLE -ALL", (State.VALID, "ok")),
        ("v=spf1 ip6:2001:db8::/32 a mx include:spf.encours.example -all", (State.VALID, "ok")),
        ("v=spf1 include:spf.encours.example", (State.WARNING, "no_ending")),
        ("v=spf1 include:spf.encours.example ?all", (State.WARNING, "no_ending")),
        ("v=spf1 include:spf.encours.example +all", (State.WRONG, "allows_anyone")),
        ("v=spf1 include:spf.encours.example all", (State.WRONG, "allows_anyone")),
        ("v=spf1 -all include:spf.encours.example", (State.WRONG, "no_include")),
        ("v=spf1 -include:spf.encours.example ~all", (State.WRONG, "no_include")),
        ("v=spf1 mx -all", (State.WRONG, "no_include")),
        ("v=spf1 ip4:300.0.0.1 include:spf.encours.example -all", (State.WRONG, "syntax")),
        ("v=spf1 ip4:2001:db8::1 include:spf.encours.example -all", (State.WRONG, "syntax")),
        ("v=spf1 include include:spf.encours.example -all", (State.WRONG, "syntax")),
        ("v=spf1 allow:x include:spf.encours.example -all", (State.WRONG, "syntax")),
        ("v=spf1 redirect=a.fr redirect=b.fr", (State.WRONG, "syntax")),
        ("v=spf1 include:no.fr include:spf.encours.example -all", (State.WRONG, "include_broken")),
        ("v=spf1 include:%{d}.x.fr include:spf.encours.example -all", (State.VALID, "ok")),
        ("v=spf1 foo=bar include:spf.encours.example -all", (State.VALID, "ok")),
    ],
)  # fmt: skip
def test_an_spf_record_is_judged_by_what_receivers_do_with_it(
    record: str, verdict: tuple[State, str]
) -> None:
    assert spf(record) == verdict


def test_two_spf_records_are_none() -> None:
    found = examine(
        {**RIGHT, "acme.fr": ["v=spf1 -all", "v=spf1 include:spf.encours.example -all"]}
    )

    assert (found["spf"].state, found["spf"].code) == (State.WRONG, "several")
    assert len(found["spf"].found) == 2


def test_our_servers_may_be_named_by_an_include_or_a_redirect() -> None:
    through = {"all_fr": ["v=spf1 include:spf.encours.example -all"]}

    assert spf("v=spf1 include:all.fr -all", **through) == (State.VALID, "ok")
    assert spf("v=spf1 redirect=all.fr", **through) == (State.VALID, "ok")


@pytest.mark.parametrize(("others", "verdict"), [(9, "ok"), (10, "too_many_lookups")])
def test_eleven_lookups_are_one_too_many(others: int, verdict: str) -> None:
    terms = " ".join(f"a:h{n}.fr" for n in range(others))

    assert spf(f"v=spf1 include:spf.encours.example {terms} -all")[1] == verdict


def test_the_lookups_of_what_is_included_count_too() -> None:
    inner = ["v=spf1 a mx ptr exists:x.fr a:1.fr a:2.fr a:3.fr a:4.fr a:5.fr -all"]

    found = spf("v=spf1 include:big.fr include:spf.encours.example -all", big_fr=inner)

    assert found == (State.WRONG, "too_many_lookups")


def test_records_that_include_each_other_end() -> None:
    loop = ["v=spf1 include:loop.fr -all"]

    assert spf("v=spf1 include:loop.fr -all", loop_fr=loop) == (State.WRONG, "too_many_lookups")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("v=DKIM1; p=", "revoked"),
        (f"v=DKIM1; p={SHORT_KEY}", "short_key"),
        ("v=DKIM1; p=***", "syntax"),
        ("k=rsa", "syntax"),
        (f"v=DKIM2; p={KEY}", "syntax"),
        (f"p={KEY}", "ok"),
        (f"v=DKIM1; k=ed25519; p={base64.b64encode(b'e' * 32).decode()}", "ok"),
    ],
)
def test_a_key_is_judged_by_what_receivers_do_with_it(text: str, code: str) -> None:
    assert examine({**RIGHT, SIGNED: [text]})["dkim"].code == code


def test_a_signature_that_points_elsewhere_is_wrong() -> None:
    found = examine(aliases={SIGNED: ["key.other.example."]})["dkim"]

    assert (found.code, found.found) == ("other_target", ("key.other.example",))


def test_a_key_that_was_copied_in_place_of_an_alias_is_right_while_it_is_ours() -> None:
    assert examine(aliases={})["dkim"].code == "ok"
    copied = {**RIGHT, SIGNED: [f"v=DKIM1; p={OTHER_KEY}"]}
    assert examine(copied, aliases={})["dkim"].code == "other_key"


def test_where_the_key_itself_is_published_it_is_the_configured_one() -> None:
    wanted = Wanted(**{**{f: getattr(WANTED, f) for f in WANTED.__slots__}, "key": KEY})

    assert examine(aliases={}, wanted=wanted)["dkim"].code == "ok"
    other = {**RIGHT, SIGNED: [f"p={OTHER_KEY}"]}
    assert examine(other, aliases={}, wanted=wanted)["dkim"].code == "other_key"


def dmarc(text: str, *, domain: str = "acme.fr", at: str = "acme.fr") -> tuple[State, str]:
    wanted = {name.replace("acme.fr", domain): texts for name, texts in RIGHT.items()}
    aliases = {f"encours._domainkey.{domain}": [WANTED.target]}
    wanted |= {f"_dmarc.{domain}": [], f"_dmarc.{at}": [text]}
    found = examine(wanted, aliases=aliases, domain=domain)["dmarc"]
    return found.state, found.code


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("v=DMARC1; p=reject; adkim=s; aspf=s", (State.VALID, "ok")),
        ("v=DMARC1;p=none;rua=mailto:x@acme.fr", (State.WARNING, "policy_none")),
        ("v=DMARC1; rua=mailto:x@acme.fr", (State.WRONG, "no_policy")),
        ("v=DMARC1; p=maybe", (State.WRONG, "no_policy")),
        ("v=DMARC2; p=reject", (State.MISSING, "missing")),
    ],
)
def test_a_policy_is_judged_by_its_words(text: str, verdict: tuple[State, str]) -> None:
    assert dmarc(text) == verdict


def test_a_subdomain_has_the_policy_of_its_parent_for_subdomains() -> None:
    parent = {"domain": "mail.acme.fr", "at": "acme.fr"}

    assert dmarc("v=DMARC1; p=reject", **parent) == (State.VALID, "ok")
    assert dmarc("v=DMARC1; p=reject; sp=none", **parent) == (State.WARNING, "policy_none")


def test_two_policies_are_none() -> None:
    found = examine({**RIGHT, "_dmarc.acme.fr": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]})

    assert found["dmarc"].code == "several"


def test_mail_without_a_signature_of_the_domain_and_with_bounces_elsewhere_does_not_agree() -> None:
    texts = {"_dmarc.acme.fr": ["v=DMARC1; p=reject"]}

    def judged(signed_by: str, return_path: str) -> str:
        return domain_records.judge_dmarc(
            "acme.fr",
            lambda name: texts.get(name, ()),
            signed_by=signed_by,
            return_path=return_path,
        ).code

    assert judged("", "bounces.encours.example") == "not_aligned"
    assert judged("", "bounces.acme.fr") == "ok"
    assert judged("acme.fr", "bounces.encours.example") == "ok"


@pytest.mark.parametrize(
    ("proven", "strict", "agrees"),
    [
        ("mail.acme.fr", True, True),
        ("acme.fr", True, False),
        ("acme.fr", False, True),
        ("other.acme.fr", False, True),
        ("notacme.fr", False, False),
        ("", False, False),
    ],
)
def test_strict_agreement_wants_the_same_domain_and_relaxed_the_same_organization(
    proven: str, *, strict: bool, agrees: bool
) -> None:
    found = domain_records.is_aligned(proven, "mail.acme.fr", strict=strict, of="acme.fr")

    assert found is agrees


def test_where_nobody_answers_nothing_is_known_and_nothing_refuted() -> None:
    def silent(name: str) -> Sequence[str]:
        raise Unanswered(name)

    found = domain_records.examine("acme.fr", WANTED, texts=silent, aliases=silent)

    assert {one.state for one in found} == {State.UNKNOWN}
    assert not domain_records.is_believed(found)
    assert not domain_records.is_refuted(found)


def test_what_others_wrote_is_shown_short_and_printable() -> None:
    found = examine({**RIGHT, "_encours.acme.fr": ["\x1b[31m" + "x" * 999]})["owner"]

    assert len(found.found[0]) == 300
    assert found.found[0].isprintable()
