"""Whose customers are whose: being in charge of one, handing all of them over.

A stand-in's portfolio is computed, never stored: it is his own and those of the colleagues whom he
covers on the day one asks.
"""

from datetime import date, datetime
from enum import StrEnum

from django.db.models import Q
from django.utils.translation import gettext as _

from common.errors import DomainError
from invoices.models import Customer
from organizations import timeline
from organizations.models import Membership


class Whose(StrEnum):
    """Whose customers one wants to see."""

    TEAM = "team"
    MINE = "mine"
    NOBODYS = "nobodys"


class NotInYourCharge(DomainError):
    """Who is limited to his portfolio changes nothing about a colleague's customer."""

    code = "not_in_your_charge"


def wanted(member: Membership, whose: Whose, *, on: date, of: str = "") -> Q:
    """Return the condition that a customer is one of those wanted, and one a member may call.

    Args:
        on: the day, for those whom he stands in for.
        of: the path to the customer, "customer__" from a call.
    """
    nobodys = Q(**{f"{of}in_charge__isnull": True})
    match whose:
        case Whose.NOBODYS:
            return nobodys
        case Whose.MINE:
            return _mine(member, on=on, of=of)
        case Whose.TEAM:
            return nobodys | _mine(member, on=on, of=of) if member.is_limited else Q()


def entrust(customer: Customer, to: Membership | None, *, by: Membership, at: datetime) -> None:
    """Put a customer in somebody's charge, or in nobody's.

    Raises:
        NotInYourCharge: who asks is limited to his portfolio, and it is a colleague's.
    """
    locked: Customer = Customer.objects.locked().get(pk=customer.pk)
    if by.is_limited and locked.in_charge_id not in {None, by.pk}:
        raise NotInYourCharge(_("This customer is in a colleague’s charge."))
    if locked.in_charge == to:
        return
    locked.in_charge = to
    locked.save(update_fields=["in_charge"])
    about = {"customer": locked.pk}
    if to is None:
        timeline.record("invoices.customer_let_go", about=about, at=at)
    else:
        about |= {"member": to.pk, "user": to.user_id}
        timeline.record("invoices.customer_entrusted", about=about, at=at)


def hand_over(member: Membership, to: Membership, *, at: datetime) -> int:
    """Put all customers of a member in a colleague's charge for good; return how many."""
    customers = Customer.objects.filter(in_charge=member)
    count = len(customers.locked().values_list("pk", flat=True))
    customers.update(in_charge=to)
    timeline.record(
        "invoices.portfolio_handed_over",
        about={"member": member.pk, "user": member.user_id, "colleague": to.pk},
        data={"customers": count},
        at=at,
    )
    return count


def _mine(member: Membership, *, on: date, of: str) -> Q:
    covered = Membership.objects.filter(organization=member.organization_id)
    return Q(**{f"{of}in_charge": member}) | Q(
        **{f"{of}in_charge__in": covered.covered_by(member, on=on).values("pk")}
    )
