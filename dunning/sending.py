"""From whom email leaves: the house, or an organization's own domain once it holds.

The domain is looked at when a person asks, and daily. While a record of it is missing or wrong the
house sends; that nobody answered a question changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from common.errors import DomainError
from common.tenancy import current
from dunning.channels import domain_records, resolver
from dunning.channels.domain_records import Finding, Record, State, Wanted
from dunning.models import SendingIdentity
from organizations import timeline
from organizations.models import Organization

LOOK_EVERY = timedelta(hours=23)  # a day, less what the clock's own task may be late
OWNER_NAME, OWNER_SALT = "_encours", "dunning.sending.owner"
# Anybody has an address there, so that nobody can publish anything.
HELD_BY_ALL = frozenset(
    "gmail.com googlemail.com outlook.com outlook.fr hotmail.com hotmail.fr live.com live.fr "
    "msn.com yahoo.com yahoo.fr orange.fr wanadoo.fr free.fr sfr.fr neuf.fr laposte.net bbox.fr "
    "icloud.com me.com gmx.com gmx.fr proton.me protonmail.com aol.com".split()
)


class NotADomainOfYours(DomainError):
    """The address lies in a domain in which its owner can publish nothing."""

    code = "not_a_domain_of_yours"


@dataclass(frozen=True, slots=True)
class Sender:
    """What an email needs to know: "" is the address of the house."""

    address: str = ""
    has_tracking: bool = False


def identity(organization: Organization) -> SendingIdentity:
    """Return what an organization chose; one that is not saved where it chose nothing yet."""
    found: SendingIdentity | None = organization.sending_identities.first()
    return found or SendingIdentity(organization=organization)


def locked_identity(organization_id: int) -> SendingIdentity:
    """Return it locked, made where there is none."""
    SendingIdentity.objects.get_or_create(organization_id=organization_id)
    found: SendingIdentity = SendingIdentity.objects.locked().get()
    return found


def sender_of(organization: Organization) -> Sender:
    """Return the address that stands in From now, and whether opening is noted."""
    chosen = identity(organization)
    return Sender(chosen.address if chosen.is_usable else "", chosen.has_tracking)


def choose(organization: Organization, address: str, *, at: datetime) -> SendingIdentity:
    """Choose the address of From; another domain has to be looked at before it is used.

    Args:
        address: "" to let the house send.

    Raises:
        NotADomainOfYours: it is the house's, or one in which everybody has an address.
    """
    plain = _in_ascii(address)
    domain = plain.rpartition("@")[2]
    if domain in {settings.HOUSE_DOMAIN, settings.INBOUND_DOMAIN} - {""} or domain in HELD_BY_ALL:
        raise NotADomainOfYours(
            _("%(domain)s is not yours alone: give an address in your own domain.")
            % {"domain": domain}
        )
    chosen = locked_identity(organization.pk)
    if chosen.address == plain:
        return chosen
    if chosen.domain != domain:
        chosen.verified_at = chosen.failing_since = chosen.checked_at = None
        chosen.findings = []
    chosen.address = plain
    chosen.save()
    timeline.record("dunning.sending_changed", about={}, data={"own": bool(plain)}, at=at)
    return chosen


def track(organization: Organization, *, has_tracking: bool, at: datetime) -> None:
    """Note from now on when emails are opened and their links followed, or do not."""
    chosen = locked_identity(organization.pk)
    if chosen.has_tracking != has_tracking:
        chosen.has_tracking = has_tracking
        chosen.save(update_fields=["has_tracking"])
        timeline.record("dunning.tracking_changed", about={}, data={"on": has_tracking}, at=at)


def wanted(organization_id: int, domain: str) -> Wanted:
    """Return what a domain is to publish for an organization.

    The text that names the owner is a hash with our key: one organization can't know another's.
    """
    owner = salted_hmac(OWNER_SALT, f"{organization_id}:{domain}", algorithm="sha256").hexdigest()
    return Wanted(
        owner_name=OWNER_NAME,
        owner=f"encours-owner={owner[:32]}",
        include=settings.MAIL_SPF_INCLUDE,
        selector=settings.MAIL_DKIM_SELECTOR,
        target=settings.MAIL_DKIM_TARGET,
        key=settings.MAIL_DKIM_KEY,
        return_path=settings.MAIL_RETURN_PATH,
    )


def to_publish(chosen: SendingIdentity) -> tuple[Record, ...]:
    """Return the lines that the domain is to publish; none for the house's."""
    if not chosen.domain:
        return ()
    return domain_records.to_publish(chosen.domain, wanted(chosen.organization_id, chosen.domain))


def examine(organization_id: int, domain: str) -> tuple[Finding, ...]:
    """Ask the name servers, within seconds, what a domain publishes; the database is not needed."""
    asked = resolver.resolver()
    return domain_records.examine(
        domain, wanted(organization_id, domain), texts=asked.texts, aliases=asked.aliases
    )


def note(domain: str, findings: Sequence[Finding], *, at: datetime) -> SendingIdentity:
    """Note what a look at a domain found, and what follows from it.

    Of the open organization; one that chose another domain meanwhile is left as it is.
    """
    chosen = locked_identity(current().organization_id)
    if chosen.domain != domain or not domain:
        return chosen
    chosen.checked_at = at
    chosen.findings = [asdict(finding) for finding in findings]
    if domain_records.is_believed(findings):
        _hold(chosen, at=at)
    elif domain_records.is_refuted(findings) and chosen.is_usable:
        chosen.failing_since = at
        chosen.untold = [*chosen.untold, {"kind": "domain_failing"}]
        wrong = [one.record for one in findings if one.state in {State.MISSING, State.WRONG}]
        data = {"records": ", ".join(wrong)}
        timeline.record("dunning.sending_domain_failing", about={}, data=data, at=at)
    chosen.save()
    return chosen


def findings_of(chosen: SendingIdentity) -> list[Finding]:
    """Return what the last look found."""
    return [
        Finding(one["record"], State(one["state"]), one["code"], tuple(one["found"]))
        for one in chosen.findings
    ]


def is_due(chosen: SendingIdentity, *, at: datetime) -> bool:
    """Return whether the domain is to be looked at again."""
    return bool(chosen.address) and (
        chosen.checked_at is None or chosen.checked_at <= at - LOOK_EVERY
    )


def letters_to_owners(
    organization: Organization, addresses: Iterable[str], *, subject: str, body: str
) -> list[EmailMessage]:
    """Return an email to each of some people, which the local mailbox shows too."""
    letters = []
    for address in addresses:
        letter = EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [address])
        letter.organization_id = organization.pk  # type: ignore[attr-defined]  # whose mailbox
        letters.append(letter)
    return letters


def _hold(chosen: SendingIdentity, *, at: datetime) -> None:
    if not chosen.is_usable:
        timeline.record("dunning.sending_domain_verified", about={}, at=at)
    chosen.verified_at = chosen.verified_at or at
    chosen.failing_since = None


def _in_ascii(address: str) -> str:
    """Return an address whose domain is written as the name servers know it.

    Raises:
        NotADomainOfYours: it can't be written so.
    """
    local, sign, domain = address.strip().rpartition("@")
    try:
        plain = f"{local}{sign}{domain.encode('idna').decode().lower().rstrip('.')}"
        plain.encode("ascii")
    except UnicodeError:
        raise NotADomainOfYours(
            _("The part before the @ has only plain letters, and the domain is a real one.")
        ) from None
    return plain
