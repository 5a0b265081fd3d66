"""What follows from each status of an electronic invoice: one table. Pure.

Codes and reasons are those of `invoices.models.einvoice_status`, grounds those of a dispute.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from common.refusals import gettext_noop as _


class Does(StrEnum):
    """What happens to the follow-up of the invoice."""

    NOTE = "note"  # nothing: it is evidence, in the timeline
    SUSPEND = "suspend"  # quiet until a later status, looked at after a fortnight
    STOP = "stop"  # quiet until a person has done what there is to do
    CONTEST = "contest"  # a dispute of the whole
    CONTEST_REST = "contest_rest"  # a dispute of what was not accepted
    EXPECT_MONEY = "expect_money"  # quiet while the money is looked for


@dataclass(frozen=True, slots=True)
class Effect:
    """What one code does, and which codes' holds it ends; never a hold that a person placed."""

    does: Does = Does.NOTE
    ends: frozenset[str] = frozenset()
    todo: str = ""  # for a person, a sentence to translate

    @property
    def decides(self) -> bool:
        """Return whether it changes anything: what only proves something keeps nothing back."""
        return self.does != Does.NOTE or bool(self.ends)


_SUSPENDED = frozenset({"208"})
_CONTESTED = frozenset({"206", "207"})
_STOPPED = frozenset({"210", "213", "220", "221", "501"})  # a person ends these, or one of them
_ELSEWHERE = frozenset({"224", "225", "227"})

_MEND = _("issue a credit note or a corrected invoice")
_DEPOSIT = _("correct it and deposit it again")
_PAYEE = _("see whom it is to be paid to, and on which account")

EFFECTS: Mapping[str, Effect] = {
    "200": Effect(),
    "201": Effect(),
    "202": Effect(),
    "203": Effect(),
    "204": Effect(),
    "205": Effect(ends=_SUSPENDED | _CONTESTED),
    "206": Effect(Does.CONTEST_REST, ends=_SUSPENDED | _CONTESTED),
    "207": Effect(Does.CONTEST, ends=_SUSPENDED | _CONTESTED),
    "208": Effect(Does.SUSPEND, ends=_SUSPENDED, todo=_("send what is missing")),
    "209": Effect(ends=_SUSPENDED),
    "210": Effect(Does.STOP, ends=_SUSPENDED | _CONTESTED | _STOPPED, todo=_MEND),
    "211": Effect(Does.EXPECT_MONEY, ends=_SUSPENDED | {"211"}),
    "212": Effect(),
    "213": Effect(Does.STOP, ends=_SUSPENDED | _CONTESTED | _STOPPED, todo=_DEPOSIT),
    "220": Effect(
        Does.STOP,
        ends=_SUSPENDED | _CONTESTED | _STOPPED,
        todo=_("follow the invoice that replaces it"),
    ),
    "221": Effect(Does.STOP, ends=_SUSPENDED | _STOPPED, todo=_DEPOSIT),
    "224": Effect(Does.STOP, ends=_ELSEWHERE, todo=_PAYEE),
    "225": Effect(Does.STOP, ends=_ELSEWHERE, todo=_PAYEE),
    "226": Effect(),
    "227": Effect(Does.STOP, ends=_ELSEWHERE, todo=_PAYEE),
    "228": Effect(ends=frozenset({"225"})),
    "501": Effect(Does.STOP, ends=_SUSPENDED | _CONTESTED | _STOPPED, todo=_DEPOSIT),
}

_GROUNDS: Mapping[str, str] = {
    "TX_TVA_ERR": "price",
    "MONTANTTOTAL_ERR": "price",
    "CALCUL_ERR": "price",
    "PU_ERR": "price",
    "REM_ERR": "price",
    "TRANSAC_INC": "not_ordered",
    "EMMET_INC": "not_ordered",
    "CONTRAT_TERM": "not_ordered",
    "CMD_ERR": "order_number",
    "REF_CT_ABSENT": "order_number",
    "REF_ERR": "order_number",
    "QTE_ERR": "faulty",
    "ART_ERR": "faulty",
    "QUALITE_ERR": "faulty",
    "LIVR_INCOMP": "faulty",
}


def ground(reason_code: str) -> str:
    """Return the ground of a dispute for a platform's reason; "other" for any other."""
    return _GROUNDS.get(reason_code, "other")
