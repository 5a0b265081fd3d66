"""How the money is asked for."""

from dunning.models.act import Act
from dunning.models.call import Call
from dunning.models.debtor_start import DebtorStart
from dunning.models.hold import Hold
from dunning.models.local_mail import LocalMail
from dunning.models.message import Message
from dunning.models.scenario import Channel, Scenario, Step, StepKind, Tone

__all__ = [
    "Act",
    "Call",
    "Channel",
    "DebtorStart",
    "Hold",
    "LocalMail",
    "Message",
    "Scenario",
    "Step",
    "StepKind",
    "Tone",
]
