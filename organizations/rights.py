"""Which role may do what. A door asks for a right, never for a role."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    COLLECTOR = "collector", _("Collector")
    ACCOUNTANT = "accountant", _("Accountant")
    DEVELOPER = "developer", _("Developer")
    READER = "read_only", _("Reader")


class Right(models.TextChoices):
    """What a door asks for; reading asks for none."""

    COLLECT = "collect", _("Ask: calls, holds, reminders, letters")
    APPROVE = "approve", _("Approve reminders")
    WRITE = "write", _("Write customers, invoices and imports")
    BANK = "bank", _("Statements, matches and payments")
    WRITE_OFF = "write_off", _("Write off")
    EXPORT = "export", _("Export")
    SETTINGS = "settings", _("Change the settings")
    CHANGE_BANK_DETAILS = "change_bank_details", _("Change the bank details")
    MANAGE_KEYS = "manage_keys", _("Manage API keys")
    MANAGE_MEMBERS = "manage_members", _("Manage the team")


EVERY_RIGHT = frozenset(Right)
RIGHTS: Mapping[str, frozenset[Right]] = {
    Role.OWNER: EVERY_RIGHT,
    Role.MANAGER: EVERY_RIGHT - {Right.CHANGE_BANK_DETAILS, Right.MANAGE_KEYS},
    Role.COLLECTOR: frozenset({Right.COLLECT, Right.APPROVE}),
    Role.ACCOUNTANT: frozenset({Right.BANK, Right.WRITE, Right.EXPORT}),
    Role.DEVELOPER: frozenset({Right.MANAGE_KEYS}),
    Role.READER: frozenset(),
}
