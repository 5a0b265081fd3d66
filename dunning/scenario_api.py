"""Scenarios over the API: their steps and versions, the rules that choose, the choices by hand."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dunning import (
    assigning,
    comparing,
    editing,
    following,
    planning,
    scenarios,
    simulator,
    standard,
)
from dunning.drafts import StepDraft
from dunning.models import Scenario, ScenarioOverride, ScenarioRule, Step
from dunning.scenario_serializers import (
    ChangedScenarioSerializer,
    ChangedStepSerializer,
    ChangingSerializer,
    DifferenceSerializer,
    DraftSerializer,
    HeirSerializer,
    NewOverrideSerializer,
    NewScenarioSerializer,
    OverrideSerializer,
    RestoredSerializer,
    RuleSerializer,
    RulesSerializer,
    ScenarioSerializer,
    StepSerializer,
    VersionSerializer,
    changes,
    draft,
)
from dunning.simulation_form import YEAR
from dunning.simulation_serializers import (
    SimulationRequestSerializer,
    SimulationSerializer,
    document,
)
from dunning.simulation_serializers import difference as difference_document
from organizations.access import OrganizationViewSet, Row
from organizations.models import Scope

STEP = r"steps/(?P<step_id>[0-9]{1,18})"


class SteeringViewSet(OrganizationViewSet[Row]):
    """What steers the follow-up: as on the pages, who may change the settings may change it."""

    scope = Scope.ADMIN

    def get_serializer_context(self) -> dict[str, Any]:
        """Return what serializers need besides: the currency that amounts are written in."""
        return {**super().get_serializer_context(), "currency": self.organization.currency}

    def said(self, serializer: Callable[..., Any], **options: Any) -> Any:
        """Return a serializer of what was sent, once it is valid."""
        found = serializer(data=self.request.data, context=self.get_serializer_context(), **options)
        found.is_valid(raise_exception=True)
        return found


class ScenarioViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, SteeringViewSet[Scenario]):
    """Ways of asking; archived ones too."""

    serializer_class = ScenarioSerializer

    def get_queryset(self) -> Any:
        scenarios.default(self.organization)
        return self.organization.scenarios.prefetch_related("steps").order_by("pk")

    @extend_schema(request=NewScenarioSerializer)
    def create(self, request: Request) -> Response:
        """Write a scenario, by a ready-made one, one that is there, or its own steps."""
        values = self.said(NewScenarioSerializer).validated_data
        if "ready_made" in values:
            steps: Sequence[StepDraft] = standard.READY_MADE[values["ready_made"]]
        elif "copy_of" in values:
            steps = scenarios.drafts_of(values["copy_of"])
        else:
            steps = editing.first_levels([draft(step) for step in values["steps"]])
        made = editing.create(self.organization, values["name"], steps, at=timezone.now())
        return self._answer(made.pk, code=HTTPStatus.CREATED)

    @extend_schema(request=ChangedScenarioSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Let a scenario have another name or other steps, or be the default."""
        scenario = self.get_object()
        values = self.said(ChangedScenarioSerializer).validated_data
        if values.keys() & {"name", "steps"}:
            drafted = (
                [draft(step) for step in values["steps"]]
                if "steps" in values
                else scenarios.drafts_of(scenario)
            )
            editing.save(
                scenario,
                drafted,
                version=values["version"],
                name=values.get("name", ""),
                at=timezone.now(),
            )
        if values.get("is_default"):
            editing.set_default(scenario, at=timezone.now())
        return self._answer(scenario.pk)

    @extend_schema(
        request=ChangedStepSerializer,
        responses={200: StepSerializer(many=True), 201: StepSerializer},
    )
    @action(detail=True, methods=["get", "post"])
    def steps(self, request: Request, pk: str) -> Response:
        """List the steps, the lowest first; or add one."""
        scenario = self.get_object()
        if request.method == "GET":
            return Response(self._steps(scenario))
        values = self.said(ChangedStepSerializer).validated_data
        before = scenarios.drafts_of(scenario)
        saved = self._save(scenario, [*before, draft(values)], values)
        known = {step.level for step in before}
        new = next((step for step in saved.steps.living() if step.level not in known), None)
        context = self.get_serializer_context()
        return Response(StepSerializer(new, context=context).data, status=HTTPStatus.CREATED)

    @extend_schema(request=ChangedStepSerializer, responses={200: StepSerializer, 204: None})
    @action(detail=True, methods=["get", "patch", "delete"], url_path=STEP)
    def step(self, request: Request, pk: str, step_id: str) -> Response:
        """Read a step, bring it to what is said, or take it out."""
        scenario = self.get_object()
        step: Step = get_object_or_404(scenario.steps.living(), pk=step_id)
        context = self.get_serializer_context()
        if request.method == "GET":
            return Response(StepSerializer(step, context=context).data)
        before = scenarios.drafts_of(scenario)
        others = [one for one in before if one.level != step.level]
        if request.method == "DELETE":
            self._save(scenario, others, {})
            return Response(status=HTTPStatus.NO_CONTENT)
        values = self.said(ChangedStepSerializer, partial=True).validated_data
        (own,) = (one for one in before if one.level == step.level)
        changed = replace(own, **changes(values))
        saved = self._save(scenario, [*others, changed], values)
        day, by = changed.offset_days, changed.channel
        found = saved.steps.living().filter(offset_days=day, channel=by, kind=changed.kind)
        return Response(StepSerializer(found.get(), context=context).data)

    @extend_schema(request=HeirSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: str) -> Response:
        """Put a scenario away; its rules and choices lead to its heir."""
        scenario, values = self.get_object(), self.said(HeirSerializer).validated_data
        editing.archive(scenario, heir=values.get("heir"), at=timezone.now())
        return self._answer(scenario.pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, pk: str) -> Response:
        """Take an archived scenario out again."""
        scenario = self.get_object()
        editing.bring_back(scenario, at=timezone.now())
        return self._answer(scenario.pk)

    @extend_schema(responses=VersionSerializer(many=True))
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, pk: str) -> Response:
        """List the versions, the last first."""
        kept = self.get_object().versions.order_by("-number")
        return Response(VersionSerializer(kept, many=True).data)

    @extend_schema(request=RestoredSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Let a scenario have the steps of an old version again, as a new one."""
        scenario, values = self.get_object(), self.said(RestoredSerializer).validated_data
        editing.restore(scenario, **values, at=timezone.now())
        return self._answer(scenario.pk)

    @extend_schema(request=DraftSerializer, responses=DifferenceSerializer)
    @action(detail=True, methods=["post"])
    def difference(self, request: Request, pk: str) -> Response:
        """Say what the next 30 days would be with other steps; nothing is written."""
        scenario, values = self.get_object(), self.said(DraftSerializer).validated_data
        steps = editing.levelled(scenario, [draft(step) for step in values["steps"]])
        organization = self.organization
        before = scenarios.choices(organization)
        found = comparing.difference(
            organization,
            before,
            before.with_steps(scenario.pk, steps, currency=organization.currency),
            on=planning.next_round(organization, on=timezone.localdate()),
        )
        return Response(difference_document(found))

    @extend_schema(request=SimulationRequestSerializer, responses=SimulationSerializer)
    @action(detail=True, methods=["post"])
    def simulation(self, request: Request, pk: str) -> Response:
        """Live the scenario, or other steps, over the book or the last year; nothing is written."""
        scenario, organization = self.get_object(), self.organization
        before = scenarios.choices(organization)
        context = {**self.get_serializer_context(), "rules": len(before.rules)}
        said = SimulationRequestSerializer(data=request.data, context=context)
        said.is_valid(raise_exception=True)
        values = said.validated_data
        steps = scenarios.drafts_of(scenario)
        if "steps" in values:
            steps = editing.levelled(scenario, [draft(step) for step in values["steps"]])
        after = simulator.drafted(
            before,
            scenario.pk,
            steps,
            currency=organization.currency,
            followed=values["followed_by"],
            order=values.get("rules"),
        )
        capacity, today = values.get("calls_per_day"), timezone.localdate()
        if values["over"] == YEAR:
            found = simulator.last_year(organization, before, after, on=today)
        else:
            found = simulator.coming(
                organization,
                before,
                after,
                on=planning.next_round(organization, on=today),
                days=values["days"],
                by_habit=values["payments"] == "habit",
            )
        return Response(document(found, capacity=capacity, most=said.most))

    def _save(
        self, scenario: Scenario, steps: Sequence[StepDraft], values: dict[str, Any]
    ) -> Scenario:
        version = values.get("version", scenario.version)
        return editing.save(scenario, steps, version=version, at=timezone.now())

    def _steps(self, scenario: Scenario) -> Any:
        living = scenario.steps.living().order_by("level")
        return StepSerializer(living, many=True, context=self.get_serializer_context()).data

    def _answer(self, key: int, *, code: int = HTTPStatus.OK) -> Response:
        found = self.get_queryset().get(pk=key)
        context = self.get_serializer_context()
        return Response(ScenarioSerializer(found, context=context).data, status=code)


class RulesView(SteeringViewSet[ScenarioRule]):
    """The rules that choose a scenario, the first asked first; they are written as a whole."""

    serializer_class = RulesSerializer
    pagination_class = None

    def retrieve(self, request: Request) -> Response:
        """Return the rules."""
        context = self.get_serializer_context()
        found = RuleSerializer(assigning.rules(), many=True, context=context)
        return Response({"rules": found.data})

    def update(self, request: Request) -> Response:
        """Let these rules choose from now on."""
        said = self.said(RulesSerializer)
        assigning.write_rules(self.organization, said.drafts(), at=timezone.now())
        return self.retrieve(request)

    @extend_schema(responses=ChangingSerializer)
    def try_out(self, request: Request) -> Response:
        """Say how many customers would follow another scenario by these rules."""
        drafted = self.said(RulesSerializer).drafts()
        assigning.check(drafted)
        organization = self.organization
        before = scenarios.choices(organization)
        rules = [rule.as_rule(currency=organization.currency) for rule in drafted]
        changed = following.changing(
            organization, before, before.with_rules(rules), on=timezone.localdate()
        )
        return Response({"customers": len(changed)})


class ScenarioOverrideViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, SteeringViewSet[ScenarioOverride]
):
    """What was chosen by hand, for a customer or an invoice."""

    serializer_class = OverrideSerializer

    def get_queryset(self) -> Any:
        return self.organization.scenario_overrides.order_by("-pk")

    @extend_schema(request=NewOverrideSerializer, responses={201: OverrideSerializer, 204: None})
    def create(self, request: Request) -> Response:
        """Choose for a customer or an invoice; without a scenario the rules choose again."""
        values, at = self.said(NewOverrideSerializer).validated_data, timezone.now()
        if "invoice" in values:
            assigning.choose_for_invoice(values["invoice"], values["scenario"], at=at)
            found = self.get_queryset().filter(invoice=values["invoice"]).first()
        else:
            assigning.choose_for_customer(values["customer"], values["scenario"], at=at)
            found = self.get_queryset().filter(customer=values["customer"]).first()
        if found is None:
            return Response(status=HTTPStatus.NO_CONTENT)
        return Response(OverrideSerializer(found).data, status=HTTPStatus.CREATED)
