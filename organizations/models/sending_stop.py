"""The whole installation's kill switch: while a stop stands, nothing is sent for anybody."""

from django.db import models
from django.db.models import Q


class SendingStop(models.Model):
    """Global: it is for every organization, and read before one is opened. Kept when it ended."""

    reason = models.CharField(max_length=200)  # members read it
    stopped_at = models.DateTimeField()
    resumed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(resumed_at__isnull=True),
                name="sending_stop_stands_alone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stopped_at:%Y-%m-%d %H:%M} {self.reason}"

    @classmethod
    def standing(cls) -> "SendingStop | None":
        """Return the stop that stands, if any."""
        return cls.objects.filter(resumed_at__isnull=True).first()
