"""How the money is asked for."""

from dunning.models.act import Act, with_acts
from dunning.models.call import Call
from dunning.models.call_attempt import CallAttempt, OtherOutcome, Outcome
from dunning.models.debtor_start import DebtorStart
from dunning.models.hold import Ground, Hold
from dunning.models.local_mail import LocalMail
from dunning.models.mail_event import MailEvent
from dunning.models.message import Message
from dunning.models.scenario import (
    Approval,
    Channel,
    CustomerKind,
    Scenario,
    ScenarioOverride,
    ScenarioRule,
    ScenarioVersion,
    Step,
    StepKind,
    Tone,
)

__all__ = [
    "Act",
    "Approval",
    "Call",
    "CallAttempt",
    "Channel",
    "CustomerKind",
    "DebtorStart",
    "Ground",
    "Hold",
    "LocalMail",
    "MailEvent",
    "Message",
    "OtherOutcome",
    "Outcome",
    "Scenario",
    "ScenarioOverride",
    "ScenarioRule",
    "ScenarioVersion",
    "Step",
    "StepKind",
    "Tone",
    "with_acts",
]
