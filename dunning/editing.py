"""Change a scenario. Each save is a new version; what was asked already is never asked again."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import DomainError
from common.tenancy import SYSTEM
from dunning import contradictions, drafts, levels, scenarios
from dunning.drafts import StepDraft
from dunning.levels import Known, NoLevelLeft, UnknownLevel
from dunning.models import (
    Scenario,
    ScenarioOverride,
    ScenarioRule,
    ScenarioVersion,
    Step,
)
from organizations import timeline
from organizations.models import Organization, User


class Contradictory(DomainError):
    """The steps of a scenario contradict each other; `sentences` says how, one for each."""

    code = "contradictory_scenario"

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class ChangedMeanwhile(DomainError):
    """Somebody else saved the scenario since it was read."""

    code = "changed_meanwhile"


class NoRoom(DomainError):
    """Between two steps there is no level left."""

    code = "no_level_left"


class UnknownStep(DomainError):
    """A step names a level that its scenario never had."""

    code = "unknown_step"


class UnknownVersion(DomainError):
    """The scenario has no version of this number."""

    code = "unknown_version"


class NameTaken(DomainError):
    """Another scenario of the organization is called so."""

    code = "name_taken"


class IsArchived(DomainError):
    """An archived scenario is only read."""

    code = "scenario_is_archived"


class IsDefault(DomainError):
    """The scenario that everybody follows is not archived."""

    code = "scenario_is_default"


class IsFollowed(DomainError):
    """Rules or choices lead to the scenario, and nothing says where they shall lead."""

    code = "scenario_is_followed"


def create(
    organization: Organization, name: str, steps: Iterable[StepDraft], *, at: datetime
) -> Scenario:
    """Write a scenario with the steps of another, whose levels it keeps.

    Raises:
        NameTaken: another one is called so.
        Contradictory: the steps contradict each other.
    """
    copied = tuple(steps)
    if sentences := contradictions.of(copied):
        raise Contradictory(sentences)
    _refuse_taken(name)
    scenario = scenarios.written(organization, name, copied)
    scenarios.keep_version(scenario, copied, at=at)
    timeline.record("dunning.scenario_created", about={"scenario": scenario.pk}, at=at)
    return scenario


def first_levels(steps: Sequence[StepDraft]) -> tuple[StepDraft, ...]:
    """Return the steps of a scenario that is not there yet, each with its level.

    Raises:
        Contradictory, NoRoom, UnknownStep: as `levelled`.
    """
    return _levelled(steps, known=[])


def levelled(scenario: Scenario, steps: Sequence[StepDraft]) -> tuple[StepDraft, ...]:
    """Return what a draft would be once saved: checked, each step with its level.

    Raises:
        Contradictory: the steps contradict each other.
        NoRoom: too many of them lie between the same two.
        UnknownStep: one names a level that is not its scenario's.
    """
    rows = scenario.steps.values_list("level", "offset_days", "channel")
    return _levelled(steps, known=[Known(*row) for row in rows])


def _levelled(steps: Sequence[StepDraft], *, known: Sequence[Known]) -> tuple[StepDraft, ...]:
    if sentences := contradictions.of(steps):
        raise Contradictory(sentences)
    try:
        return levels.assign(steps, known=known)
    except UnknownLevel as error:
        raise UnknownStep(_("One of these steps is not of this scenario.")) from error
    except NoLevelLeft as none:
        raise NoRoom(
            _("Around %(first)s no more steps fit: change one that is there instead.")
            % {"first": contradictions.day(none.first)}
        ) from none


def save(
    scenario: Scenario, steps: Sequence[StepDraft], *, version: int, at: datetime, name: str = ""
) -> Scenario:
    """Let a scenario have these steps from now on, as its next version; the same change nothing.

    Args:
        version: the number that was read before it was edited.
        name: what it is called from now on; as before when it is empty.

    Raises:
        ChangedMeanwhile: somebody else saved it since.
        IsArchived: it is only read.
        NameTaken: another one is called so.
        Contradictory, NoRoom, UnknownStep: as `levelled`.
    """
    locked = _locked(scenario, version=version)
    name = name.strip() or locked.name
    drafted, before = levelled(locked, steps), scenarios.drafts_of(locked)
    if set(drafted) == set(before) and name == locked.name:
        return locked
    if name != locked.name:
        _refuse_taken(name)
    if not locked.versions.filter(number=locked.version).exists():
        scenarios.keep_version(locked, before, at=None)
    _write(locked, drafted, at=at)
    locked.name, locked.version = name, locked.version + 1
    locked.save(update_fields=["name", "version"])
    scenarios.keep_version(locked, drafted, at=at)
    timeline.record(
        "dunning.scenario_saved",
        about={"scenario": locked.pk},
        data={"version": locked.version, "steps": len(drafted)},
        at=at,
    )
    return locked


def restore(scenario: Scenario, number: int, *, version: int, at: datetime) -> Scenario:
    """Let a scenario have the steps of an old version again; its name stays.

    Raises:
        UnknownVersion: it has none of this number.
        ChangedMeanwhile, IsArchived: as `save`.
    """
    kept: ScenarioVersion | None = scenario.versions.filter(number=number).first()
    if kept is None:
        raise UnknownVersion(_("This scenario has no version %(number)s.") % {"number": number})
    return save(scenario, drafts.read(kept.steps), version=version, at=at)


def set_default(scenario: Scenario, *, at: datetime) -> None:
    """Let everybody follow a scenario for whom nothing else is said.

    Raises:
        IsArchived: it is only read.
    """
    both = list(Scenario.objects.filter(is_default=True).locked())
    locked = _locked(scenario)
    if locked.is_default:
        return
    for before in both:
        before.is_default = False
        before.save(update_fields=["is_default"])
    locked.is_default = True
    locked.save(update_fields=["is_default"])
    timeline.record("dunning.scenario_made_default", about={"scenario": locked.pk}, at=at)


def archive(scenario: Scenario, *, heir: Scenario | None = None, at: datetime) -> None:
    """Put a scenario away; what it asked stays asked.

    Args:
        heir: the scenario to which its rules and choices lead from now on.

    Raises:
        IsDefault: everybody follows it.
        IsFollowed: rules or choices lead to it, and no heir is named.
        IsArchived: it is put away already, or its heir is.
    """
    locked = _locked(scenario)
    if locked.is_default:
        raise IsDefault(_("Everybody follows this scenario: make another one the default first."))
    if scenarios.is_named(locked):
        if heir is None or heir.pk == locked.pk:
            raise IsFollowed(
                _("Rules or customers lead to this scenario: say where they shall go.")
            )
        heir = _locked(heir)
        ScenarioRule.objects.filter(scenario=locked).update(scenario=heir)
        ScenarioOverride.objects.filter(scenario=locked).update(scenario=heir)
    locked.archived_at = at
    locked.save(update_fields=["archived_at"])
    timeline.record(
        "dunning.scenario_archived",
        about={"scenario": locked.pk},
        data={"heir": heir.pk if heir is not None else None},
        at=at,
    )


def bring_back(scenario: Scenario, *, at: datetime) -> None:
    """Take an archived scenario out again; one that is not archived stays as it is."""
    locked = Scenario.objects.locked().get(pk=scenario.pk)
    if locked.archived_at is None:
        return
    locked.archived_at = None
    locked.save(update_fields=["archived_at"])
    timeline.record("dunning.scenario_brought_back", about={"scenario": locked.pk}, at=at)


def _locked(scenario: Scenario, *, version: int | None = None) -> Scenario:
    locked: Scenario = Scenario.objects.locked().get(pk=scenario.pk)
    if locked.archived_at is not None:
        raise IsArchived(_("This scenario is archived: bring it back first."))
    if version is not None and version != locked.version:
        raise ChangedMeanwhile(_changed(locked), version=locked.version)
    return locked


def _changed(scenario: Scenario) -> str:
    """Return who saved a scenario meanwhile, and when."""
    kept: ScenarioVersion | None = scenario.versions.filter(number=scenario.version).first()
    if kept is None or kept.saved_at is None:
        return _("Somebody saved this scenario meanwhile: look at it again.")
    return _(
        "%(who)s saved version %(version)s at %(time)s: look at it, then make your changes again."
    ) % {
        "who": _name(kept.author),
        "version": kept.number,
        "time": f"{timezone.localtime(kept.saved_at):%H:%M}",
    }


def _name(author: str) -> str:
    kind, _colon, key = author.partition(":")
    if author == SYSTEM:
        return _("Encours")
    person = User.objects.filter(pk=key).first() if kind == "user" else None
    return str(person) if person is not None else _("A program")


def _refuse_taken(name: str) -> None:
    """Refuse a name that another scenario has, ready-made ones by what they are called here."""
    known = Scenario.objects.values_list("name", flat=True)
    taken = {text.casefold() for other in known for text in (other, scenarios.label(other))}
    if name.casefold() in taken:
        raise NameTaken(_("There is a scenario “%(name)s” already.") % {"name": name})


def _write(scenario: Scenario, drafted: Sequence[StepDraft], *, at: datetime) -> None:
    """Bring the steps to what was drafted; who is not among them is retired, and remembered."""
    rows = {step.level: step for step in scenario.steps.all()}
    wanted = {step.level: step for step in drafted}
    for level, row in rows.items():
        if level in wanted:
            row.retired_at = None
            for field in scenarios.FIELDS:
                setattr(row, field, getattr(wanted[level], field))
        elif row.retired_at is None:
            row.retired_at = at
    Step.objects.bulk_update(rows.values(), [*scenarios.FIELDS[1:], "retired_at"])
    scenarios.write_steps(scenario, [step for step in drafted if step.level not in rows])
