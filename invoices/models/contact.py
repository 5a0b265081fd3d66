"""A person at a customer who can be asked."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common import phone
from common.tenancy import TenantForeignKey, TenantModel
from invoices.models.customer import Customer


class Contact(TenantModel):
    """Whom to write to or call; the lowest rank comes first."""

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE)
    rank = models.PositiveSmallIntegerField(_("order"), default=1)
    name = models.CharField(_("name"), max_length=120, blank=True)
    role = models.CharField(_("role"), max_length=60, blank=True)
    email = models.EmailField(_("email"), blank=True)
    phone = models.CharField(_("phone"), max_length=24, blank=True)
    language = models.CharField(_("language"), max_length=2, blank=True)  # the customer's if empty
    # Since when nothing arrives there: a bounce, a wrong number. Cleared with a new address.
    email_failed_at = models.DateTimeField(null=True, blank=True)
    phone_failed_at = models.DateTimeField(null=True, blank=True)
    # Since when no SMS reaches the number, which may be called; or he asked for none.
    sms_failed_at = models.DateTimeField(null=True, blank=True)
    sms_stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_related_name = "contacts"
        ordering = ["rank", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(email="", phone=""), name="contact_can_be_written_to_or_called"
            ),
        ]
        indexes = [models.Index(fields=["organization", "customer"], name="contact_of_customer")]

    @property
    def can_be_written_to(self) -> bool:
        return bool(self.email) and self.email_failed_at is None

    @property
    def can_be_called(self) -> bool:
        return bool(self.phone) and self.phone_failed_at is None

    def mobile(self, *, country: str) -> str:
        """Return the number that an SMS reaches him at, as E.164; "" when none does, or may.

        Args:
            country: of the customer, whose numbering a number without a country code is of.
        """
        may = self.can_be_called and self.sms_failed_at is None and self.sms_stopped_at is None
        return phone.mobile(self.phone, country=country) if may else ""

    def __str__(self) -> str:
        return self.name or self.email or self.phone
