"""The ready-made scenarios that an organization chooses from. Pure.

Their levels are of one scale (`levels.BANDS`): what asks for the same has the same level in all
of them, so that whoever changes from one to another goes on where he is.
"""

from collections.abc import Mapping

from dunning.drafts import StepDraft

NAME = "Standard"
THANKS = StepDraft(900, 0, "email", "friendly", "thank_you")

# What French practice does: asked before the due date, courteous, a call, firm, formal notice.
STEPS = (
    StepDraft(10, -1, "email", "friendly", "preventive"),
    StepDraft(20, 7, "email", "courteous", "courteous"),
    StepDraft(30, 10, "call", "courteous", "courteous"),
    StepDraft(40, 15, "email", "firm", "firm"),
    StepDraft(50, 30, "registered_letter", "formal", "formal_notice"),
    THANKS,
)
GENTLE = (
    StepDraft(10, -1, "email", "friendly", "preventive"),
    StepDraft(15, 10, "email", "friendly", "friendly"),
    StepDraft(20, 20, "email", "courteous", "courteous"),
    StepDraft(30, 30, "call", "courteous", "courteous"),
    StepDraft(40, 45, "email", "firm", "firm"),
    StepDraft(50, 75, "registered_letter", "formal", "formal_notice"),
    THANKS,
)
FIRM = (
    StepDraft(10, -3, "email", "friendly", "preventive"),
    StepDraft(20, 3, "email", "courteous", "courteous"),
    StepDraft(30, 7, "call", "courteous", "courteous"),
    StepDraft(40, 10, "email", "firm", "firm"),
    StepDraft(45, 15, "email", "firm", "last"),
    StepDraft(50, 21, "registered_letter", "formal", "formal_notice"),
    THANKS,
)
# Large buyers pay in runs and by department: early and by phone, and never firm without a look.
KEY_ACCOUNT = (
    StepDraft(10, -7, "email", "friendly", "preventive"),
    StepDraft(18, 5, "call", "friendly", "friendly"),
    StepDraft(20, 10, "email", "courteous", "courteous"),
    StepDraft(30, 20, "call", "courteous", "courteous"),
    StepDraft(40, 35, "email", "firm", "firm", approval="always"),
    StepDraft(50, 60, "registered_letter", "formal", "formal_notice", approval="always"),
    THANKS,
)
# Code de la commande publique, art. R2192-10 and R2192-31 to R2192-36: 30 days to pay, then
# interest and 40 EUR without any reminder. The deposit is checked early; a notice comes late.
PUBLIC_BUYER = (
    StepDraft(10, -10, "email", "friendly", "preventive"),
    StepDraft(20, 5, "email", "courteous", "courteous"),
    StepDraft(30, 15, "call", "courteous", "courteous"),
    StepDraft(40, 30, "email", "firm", "firm"),
    StepDraft(45, 45, "letter", "firm", "last"),
    StepDraft(50, 60, "registered_letter", "formal", "formal_notice", approval="always"),
    THANKS,
)
# Art. L441-10 binds professionals alone: a person owes neither its interest nor its indemnity.
CONSUMER = (
    StepDraft(10, -3, "email", "friendly", "preventive"),
    StepDraft(15, 5, "email", "friendly", "friendly"),
    StepDraft(20, 15, "email", "courteous", "courteous"),
    StepDraft(30, 25, "call", "courteous", "courteous"),
    StepDraft(45, 40, "letter", "courteous", "last"),
    StepDraft(50, 60, "registered_letter", "formal", "formal_notice", approval="always"),
    THANKS,
)
READY_MADE: Mapping[str, tuple[StepDraft, ...]] = {
    "Gentle": GENTLE,
    NAME: STEPS,
    "Firm": FIRM,
    "Key account": KEY_ACCOUNT,
    "Public buyer": PUBLIC_BUYER,
    "Consumer": CONSUMER,
}
