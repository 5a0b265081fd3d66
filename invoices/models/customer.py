"""The debtor: a company or person that buys on credit."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from organizations.models import Membership


class CustomerQuerySet(models.QuerySet["Customer"]):
    def with_contacts(self) -> Self:
        return self.prefetch_related("contacts")

    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)


class Customer(TenantModel):
    """Who owes. Its code is the name that the firm's books give it."""

    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    trading_name = models.CharField(_("trading name"), max_length=200, blank=True)
    siren = models.CharField("SIREN", max_length=9, blank=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    language = models.CharField(_("language"), max_length=2, default="fr")
    address = models.TextField(_("address"), blank=True)
    postcode = models.CharField(_("postcode"), max_length=16, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, default="FR")
    segment = models.CharField(_("segment"), max_length=40, blank=True)
    group_code = models.CharField(_("group"), max_length=40, blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    ibans = ArrayField(models.CharField(max_length=34), default=list, blank=True)
    # Who looks after him; nobody when that member leaves.
    in_charge = TenantForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, blank=True, related_name="portfolio"
    )
    # The day after the due date by which three of four of the last year's payments came, and how
    # many they were; empty when that is no habit (payments/habits.py).
    habit_days = models.SmallIntegerField(null=True, blank=True)
    habit_payments = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    objects = TenantManager.from_queryset(CustomerQuerySet)()

    class Meta:
        default_related_name = "customers"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"], name="customer_code_unique_per_organization"
            ),
            models.UniqueConstraint(
                fields=["organization", "external_id"],
                condition=~Q(external_id=""),
                name="customer_external_id_unique_per_organization",
            ),
        ]
        indexes = [
            # Imports and matching look a customer up by its legal number.
            models.Index(
                fields=["organization", "siren"],
                condition=~Q(siren=""),
                name="customer_by_siren",
            ),
            # Portfolios: counted, listed, handed over.
            models.Index(
                fields=["organization", "in_charge"],
                condition=Q(in_charge__isnull=False),
                name="customer_in_charge",
            ),
        ]

    @property
    def is_public_body(self) -> bool:
        """Return whether it buys under the Code de la commande publique, by its SIREN.

        Source: Insee: those of the State and of local authorities begin with 1 or 2.
        """
        return self.siren[:1] in {"1", "2"}

    def __str__(self) -> str:
        return self.name
