"""What a POST with an `Idempotency-Key` answered, so that a retry is answered alike."""

from django.db import models

from common.tenancy import TenantModel
from organizations.models.api_key import ApiKey


class IdempotentRequest(TenantModel):
    """One request that was carried out; a refused one is rolled back and leaves nothing."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of method, path and body
    status = models.PositiveSmallIntegerField(default=0)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "api_key", "key"],
                name="idempotent_request_unique_per_key",
            ),
        ]

    def __str__(self) -> str:
        return self.key
