"""A file as it was received, byte for byte."""

from django.db import models

from common.tenancy import TenantModel


class StoredFile(TenantModel):
    """What a person or program sent. Kept in the database, so behind the same wall as the rest."""

    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    received_at = models.DateTimeField()

    class Meta:
        default_related_name = "stored_files"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "sha256"], name="stored_file_kept_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
