"""How the money is asked for."""

from dunning.models.act import Act, with_acts
from dunning.models.call import Call
from dunning.models.call_attempt import CallAttempt, OtherOutcome, Outcome
from dunning.models.debtor_look import DebtorLook, Touched
from dunning.models.debtor_start import DebtorStart
from dunning.models.hold import Ground, Hold
from dunning.models.local_mail import LocalMail
from dunning.models.mail_event import MailEvent
from dunning.models.message import Message, Returned
from dunning.models.own_text import Enclosing, Joining, OwnText
from dunning.models.reply import Reply, ReplyFile
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
from dunning.models.sending_identity import SendingIdentity
from dunning.models.task import Task

__all__ = [
    "Act",
    "Approval",
    "Call",
    "CallAttempt",
    "Channel",
    "CustomerKind",
    "DebtorLook",
    "DebtorStart",
    "Enclosing",
    "Ground",
    "Hold",
    "Joining",
    "LocalMail",
    "MailEvent",
    "Message",
    "OtherOutcome",
    "Outcome",
    "OwnText",
    "Reply",
    "ReplyFile",
    "Returned",
    "Scenario",
    "ScenarioOverride",
    "ScenarioRule",
    "ScenarioVersion",
    "SendingIdentity",
    "Step",
    "StepKind",
    "Task",
    "Tone",
    "Touched",
    "with_acts",
]
