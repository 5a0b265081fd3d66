"""What a debtor wrote back."""

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from dunning.models.hold import Hold
from dunning.models.message import Message
from invoices.models import Contact, Customer
from organizations.models import StoredFile


class ReplyQuerySet(models.QuerySet["Reply"]):
    def to_read(self) -> Self:
        """Keep what a person wrote and nobody here has read."""
        return self.filter(kind=Reply.Kind.WRITTEN, read_at__isnull=True)

    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))


class Reply(TenantModel):
    """An email that answers a message, as text; what was said is never changed.

    One that a person wrote holds the customer until it is read, or the hold's last day is over.
    """

    class Kind(models.TextChoices):
        WRITTEN = "written", _("Written by a person")
        AUTOMATIC = "automatic", _("Automatic answer")

    message = TenantForeignKey(Message, on_delete=models.PROTECT)
    customer = TenantForeignKey(Customer, on_delete=models.PROTECT)
    contact = TenantForeignKey(Contact, on_delete=models.SET_NULL, null=True, blank=True)
    hold = TenantForeignKey(Hold, on_delete=models.PROTECT, null=True, blank=True)
    kind = models.CharField(max_length=9, choices=Kind)
    sender = models.CharField(max_length=254)
    sender_name = models.CharField(max_length=120, blank=True)
    subject = models.CharField(max_length=250, blank=True)
    text = models.TextField(blank=True)  # without what it quotes
    quoted = models.TextField(blank=True)  # what it quotes
    lost_files = models.PositiveSmallIntegerField(default=0)  # too many, or too large to be kept
    event_id = models.CharField(max_length=120)  # the provider's
    mail_id = models.CharField(max_length=64, blank=True)  # the hash of its Message-ID
    received_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.CharField(max_length=40, blank=True)  # an actor of the timeline

    objects = TenantManager.from_queryset(ReplyQuerySet)()

    class Meta:
        default_related_name = "replies"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "event_id"], name="reply_received_once_by_event"
            ),
            models.UniqueConstraint(
                fields=["organization", "mail_id"],
                condition=~Q(mail_id=""),
                name="reply_received_once_by_mail",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "received_at"],
                condition=Q(kind="written", read_at__isnull=True),
                name="reply_to_read",
            ),
            models.Index(fields=["organization", "message"], name="reply_of_message"),
            models.Index(fields=["organization", "customer"], name="reply_of_customer"),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="reply_stays_as_it_was_said",
                fields=[
                    "message", "customer", "kind", "sender", "sender_name", "subject", "text",
                    "quoted", "event_id", "mail_id", "received_at",
                ],
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} from {self.sender}"


class ReplyFile(TenantModel):
    """A file that came with a reply, under the name that it had there."""

    reply = TenantForeignKey(Reply, on_delete=models.PROTECT)
    file = TenantForeignKey(StoredFile, on_delete=models.PROTECT)
    number = models.PositiveSmallIntegerField()  # its place, from 1
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)

    class Meta:
        default_related_name = "reply_files"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "reply", "number"], name="reply_file_has_its_place"
            ),
        ]

    def __str__(self) -> str:
        return self.name
