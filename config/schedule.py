"""Everything that runs by the clock, on one page. Times are UTC; local hours are the tasks'.

Two beats do no harm. The jobs of some seconds find nothing to do twice; those that take a while
are begun on the clock's own marks, and told how long their period is, of which one takes each.
"""

from typing import Any

from celery.schedules import crontab

FIVE_MINUTES, HOUR = 300, 3600

SCHEDULE: dict[str, dict[str, Any]] = {
    # Each organization once a day, when its own sending hour has come.
    "start-rounds": {"task": "dunning.tasks.start_rounds", "schedule": 60.0},
    # What a lost bell, a dead worker or a busy server left behind.
    "sweep": {"task": "dunning.tasks.sweep", "schedule": 30.0},
    # Owners whose plan's limit is reached.
    "tell-of-limits": {"task": "dunning.tasks.tell_of_limits", "schedule": 60.0},
    # Lines that came before their invoice.
    "match-again": {
        "task": "reconciliation.tasks.match_again",
        "schedule": crontab(minute="*/5"),
        "kwargs": {"every": FIVE_MINUTES},
    },
    # Where the histories end, outside the database: daily, and after many events.
    "anchor": {
        "task": "organizations.tasks.anchor",
        "schedule": crontab(minute="*/5"),
        "kwargs": {"every": FIVE_MINUTES},
    },
    # Bank details whose hour has come, and owners whom a lost bell did not tell.
    "bank-details": {"task": "organizations.tasks.look_at_bank_details", "schedule": 60.0},
    # Domains that organizations send from, once a day each.
    "sending-domains": {
        "task": "dunning.tasks.look_at_sending_domains",
        "schedule": crontab(minute="23"),
        "kwargs": {"every": HOUR},
    },
    # What only had to be known for a while.
    "tidy": {
        "task": "organizations.tasks.tidy",
        "schedule": crontab(minute="7"),
        "kwargs": {"every": HOUR},
    },
}
