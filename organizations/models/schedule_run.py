"""Which period of a scheduled job was taken, so that two beats do it once."""

from django.db import models


class ScheduleRun(models.Model):
    """Global: a job is taken before any organization is opened. It holds no business data."""

    job = models.CharField(max_length=120)
    period = models.CharField(max_length=40)
    started_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "period"], name="schedule_run_once_per_period"),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.period}"
