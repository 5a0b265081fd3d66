"""Who works here, what they may touch, and what was done."""

from organizations.models.api_key import ApiKey, Scope
from organizations.models.bank_details_change import BankDetailsChange
from organizations.models.idempotent_request import IdempotentRequest
from organizations.models.invitation import Invitation
from organizations.models.membership import Membership
from organizations.models.organization import Organization, Plan
from organizations.models.schedule_run import ScheduleRun
from organizations.models.sending_stop import SendingStop
from organizations.models.stored_file import StoredFile
from organizations.models.timeline import TimelineEvent, TimelineHead
from organizations.models.user import User
from organizations.rights import Right, Role

__all__ = [
    "ApiKey",
    "BankDetailsChange",
    "IdempotentRequest",
    "Invitation",
    "Membership",
    "Organization",
    "Plan",
    "Right",
    "Role",
    "ScheduleRun",
    "Scope",
    "SendingStop",
    "StoredFile",
    "TimelineEvent",
    "TimelineHead",
    "User",
]
