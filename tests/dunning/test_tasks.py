"""The bells: who is rung for, and what happens when nobody hears."""

from typing import Any

import pytest
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

from dunning import tasks
from organizations.models import Organization


def test_a_broker_that_does_not_answer_is_waited_for_once(
    acme: Organization,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    asked = []

    def down(**options: Any) -> None:
        asked.append(options["kwargs"]["message_id"])
        raise OperationalError

    monkeypatch.setattr(tasks.deliver, "apply_async", down)

    with django_capture_on_commit_callbacks(execute=True):
        tasks.ring_after_undo(acme.pk, [1, 2, 3])

    assert asked == [1]
