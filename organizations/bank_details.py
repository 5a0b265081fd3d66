"""Change where the money goes: slowly, and in sight of every owner.

Whoever gets at an account and puts in an IBAN of his own has letters ask for money to himself. So a
change takes effect after a day, every owner is told at once, and any of them calls it off.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from common.errors import DomainError
from organizations import timeline
from organizations.models import BankDetailsChange, Organization, Role, User

WAIT = timedelta(hours=24)
State = BankDetailsChange.State


class ChangeWaiting(DomainError):
    """Another change of the bank details waits already."""

    code = "bank_details_change_waiting"


class ChangeEnded(DomainError):
    """The change came into force, or somebody called it off."""

    code = "bank_details_change_ended"


def change(
    organization: Organization, *, iban: str, bic: str, by: User, at: datetime
) -> BankDetailsChange:
    """Ask for other bank details; they take effect in 24 hours, a first IBAN at once.

    Raises:
        ChangeWaiting: one change at a time, so that what an owner reads is what will be.
    """
    if BankDetailsChange.objects.pending().exists():
        raise ChangeWaiting(_("A change of the bank details waits already: call it off first."))
    asked: BankDetailsChange = BankDetailsChange.objects.create(
        organization=organization,
        old_iban=organization.iban,
        old_bic=organization.bic,
        iban=iban,
        bic=bic,
        asked_by=by,
        asked_at=at,
        effective_at=at + WAIT if organization.iban else at,
    )
    organization.bank_change_at = asked.effective_at
    organization.save(update_fields=["bank_change_at"])
    timeline.record(
        "organizations.bank_details_change_asked",
        about={"bank_details_change": asked.pk},
        data={"effective_at": asked.effective_at.isoformat()},
        at=at,
    )
    catch_up(organization, at=at)
    return asked


def catch_up(organization: Organization, *, at: datetime) -> None:
    """Bring a change into force whose hour has come; every door does so before it reads.

    So the bank details are right to the minute however late the clock's own task is. Costs nothing
    while no change waits.
    """
    if organization.bank_change_at is None or organization.bank_change_at > at:
        return
    due = BankDetailsChange.objects.pending().filter(effective_at__lte=at).locked().first()
    if due is not None:
        Organization.objects.filter(pk=organization.pk).update(iban=due.iban, bic=due.bic)
        due.state, due.ended_at = State.DONE, at
        due.save(update_fields=["state", "ended_at"])
        timeline.record(
            "organizations.bank_details_changed", about={"bank_details_change": due.pk}, at=at
        )
    organization.refresh_from_db(fields=["iban", "bic"])


def call_off(change_id: int, *, at: datetime) -> None:
    """Leave the bank details as they are.

    Raises:
        ChangeEnded: too late, or done by somebody else.
    """
    waiting = BankDetailsChange.objects.pending().filter(pk=change_id).locked().first()
    if waiting is None:
        raise ChangeEnded(_("This change no longer waits: look at the settings."))
    waiting.state, waiting.ended_at = State.CALLED_OFF, at
    waiting.save(update_fields=["state", "ended_at"])
    timeline.record(
        "organizations.bank_details_called_off",
        about={"bank_details_change": waiting.pk},
        at=at,
    )


def waiting(organization: Organization) -> BankDetailsChange | None:
    """Return the change that waits, if any."""
    found: BankDetailsChange | None = (
        organization.bank_details_changes.pending().select_related("asked_by").first()
    )
    return found


def news(organization: Organization) -> tuple[list[int], list[EmailMessage]]:
    """Return the changes that the owners are still to be told about, and what to write to each."""
    untold = list(BankDetailsChange.objects.untold().select_related("asked_by").order_by("pk"))
    owners = [
        member.user.email
        for member in organization.memberships.filter(role=Role.OWNER)
        .select_related("user")
        .order_by("pk")
    ]
    with translation.override(organization.language), timezone.override(organization.zone):
        emails = [_email(organization, one, to=to) for one in untold for to in owners]
    return [one.pk for one in untold], emails


def mark_told(organization: Organization, change_ids: Sequence[int], *, at: datetime) -> None:
    """Note that the owners know; when nothing waits either, nobody has to look again."""
    BankDetailsChange.objects.filter(pk__in=change_ids).update(told_at=at)
    all_changes = BankDetailsChange.objects
    if not all_changes.pending().exists() and not all_changes.untold().exists():
        # Unless somebody asks for another at this moment.
        Organization.objects.filter(
            pk=organization.pk, bank_change_at=organization.bank_change_at
        ).update(bank_change_at=None)


def _email(organization: Organization, asked: BankDetailsChange, *, to: str) -> EmailMessage:
    facts = {
        "organization": organization.name,
        "who": f"{asked.asked_by} ({asked.asked_by.email})",
        "asked": _moment(asked.asked_at),
        "effective": _moment(asked.effective_at),
        "old": asked.old_ending,
        "new": asked.new_ending,
        "address": settings.BASE_URL + reverse("settings", kwargs={"slug": organization.slug}),
    }
    first = _("%(who)s asked on %(asked)s to change the bank details of %(organization)s.") % facts
    accounts = _("IBAN until now: %(old)s. New IBAN: %(new)s.") % facts
    if asked.effective_at > asked.asked_at:
        then = (
            _("Letters, emails and pages show the new one from %(effective)s, not before.") % facts
        )
        stop = (
            _("Not you, nor anyone you know of? Open the settings and call the change off:") % facts
        )
    else:
        then = _("There was none before: the new one is in force.") % facts
        stop = _("Not you, nor anyone you know of? Open the settings and change it back:") % facts
    last = _("Then change your password, and end all other sessions under “Account security”.")
    message = EmailMessage(
        subject=_("The bank details of %(organization)s change") % facts,
        body="\n\n".join([first, accounts, then, f"{stop}\n{facts['address']}", last]) + "\n",
        to=[to],
    )
    # So that the local mailbox, where there is one, shows it to the organization's people.
    message.organization_id = organization.pk  # type: ignore[attr-defined]
    return message


def _moment(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")
