"""Celery: the bell that rings for rows which are the job already (docs/decisions/0005)."""

import os
from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from celery.signals import worker_init
from django.conf import settings

from common.checks import refuse_unsafe_role
from config.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Longer than any task: what a worker holds is given to another only after this.
VISIBILITY_SECONDS = 1800
TASK_SECONDS = 45
LONG_TASK_SECONDS = 900


def broker_url(redis_url: str) -> str:
    """Return Celery's form of a Redis address; a Unix socket has one of its own."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parts.query.partition("db=")[2] or "0"
    return f"redis+socket://{parts.path}?virtual_host={database}"


app = Celery("encours")
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL),
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_SECONDS,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "health_check_interval": 30,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
    },
    visibility_timeout=VISIBILITY_SECONDS,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_time_limit=TASK_SECONDS,
    task_soft_time_limit=TASK_SECONDS - 10,
    task_routes={
        "dunning.tasks.follow_up": {"queue": "long"},
        "organizations.tasks.anchor": {"queue": "long"},
        "organizations.tasks.tidy": {"queue": "long"},
        "reconciliation.tasks.match_again": {"queue": "long"},
    },
    result_backend=None,
    task_ignore_result=True,
    task_publish_retry=False,
    beat_schedule=SCHEDULE,
    timezone="UTC",
    worker_max_tasks_per_child=1000,
    worker_hijack_root_logger=False,
)
app.autodiscover_tasks()


@worker_init.connect  # type: ignore[untyped-decorator]
def _check_role(**_sender: Any) -> None:
    from dunning.channels import registry  # noqa: PLC0415  # needs the models

    refuse_unsafe_role()
    registry.refuse_unsafe()
