"""Check an organization's timeline, event by event, seal by seal, and against its anchors."""

from dataclasses import asdict
from typing import Any

from common.tenancy import tenant_transaction
from organizations import anchors, timeline
from organizations.command import REFUSED, OrganizationCommand
from organizations.models import Organization
from organizations.timeline import Verdict

WHY = {
    "rewritten": "The history was sealed anew: the anchor of {at} has another seal at {position}.",
    "cut": "The history was cut off: the anchor of {at} knows an event at {position}.",
    "forged": "The anchor of {at} at {position} is not signed with this installation’s key.",
}


class Command(OrganizationCommand):
    help = "Check an organization's timeline, event by event, seal by seal, against its anchors."

    def answer(self, organization: Organization, **options: Any) -> None:
        """Answer {"events", "ok", "first_broken", "anchors", "agrees_until", "disagrees"}.

        A history that is not whole, or disagrees with an anchor, leaves with exit status 1.
        """
        with tenant_transaction(organization.pk):
            verdict = timeline.verify(anchors.of(organization.pk))
        if options["json"]:
            self.print_json(asdict(verdict))
        if verdict.ok:
            said = f"{verdict.events} events, every seal in its place"
            self.say(f"{said}; {verdict.anchors} anchors agree.")
        else:
            self._tell(verdict)
            raise SystemExit(REFUSED)

    def _tell(self, verdict: Verdict) -> None:
        wrong = verdict.disagrees
        if verdict.first_broken is not None:
            self.say(f"The history was changed from event {verdict.first_broken}.")
        elif wrong is None:
            self.say("The history was changed at its end.")
        if wrong is not None:
            self.say(WHY[wrong.why].format(at=wrong.at, position=wrong.position))
            self.say(f"Up to {verdict.agrees_until} the anchors agree.")
