"""What every door opens with: who is asking, for which organization, with what right.

A door loads and checks in one step, opens the organization, and rolls back whatever is refused.
"""

import functools
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails
from rest_framework.exceptions import APIException
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from common.api import CursorPages
from common.errors import DomainError
from common.tenancy import tenant_transaction
from organizations import bank_details, idempotency, second_factor
from organizations.authentication import key_of, tell_limit
from organizations.models import ApiKey, Membership, Organization, Right, Scope, User

REFUSED = 400
SEEN_EVERY = timedelta(minutes=5)

logger = logging.getLogger(__name__)

P = ParamSpec("P")
Row = TypeVar("Row", bound=models.Model)


class PersonRequest(HttpRequest):
    """A request of someone who is signed in."""

    user: User


class OrganizationRequest(PersonRequest):
    """A request that came through `organization_page`."""

    htmx: HtmxDetails
    organization: Organization
    membership: Membership


def organization_page(
    *rights: Right,
) -> Callable[
    [Callable[Concatenate[OrganizationRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, str, P], HttpResponse],
]:
    """Open the door of a page under /o/<slug>/.

    Args:
        rights: one of them is needed to come in; none named means that every member may read.

    A stranger gets 404, as if the organization were not there; a member without the right 403.
    The membership is asked for each time, so who was removed is a stranger at once. The page
    carries what it needs as `needed`, for whoever checks all doors.
    """

    def door(
        view: Callable[Concatenate[OrganizationRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
        @login_required
        @functools.wraps(view)
        def page(
            request: OrganizationRequest, slug: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            membership = _membership(request, slug)
            if second_factor.is_missing(membership):
                return second_factor.lead_to_set_up(request)
            _note_seen(membership)
            if rights and not membership.may(*rights):
                return render(request, "403.html", _refusal(membership, rights), status=403)
            request.membership, request.organization = membership, membership.organization
            return _inside(request, lambda: view(request, *args, **kwargs))

        page.needed = rights  # type: ignore[attr-defined]  # functions may carry more
        return page  # type: ignore[return-value]  # login_required hides the parameters

    return door


def _membership(request: OrganizationRequest, slug: str) -> Membership:
    membership = (
        Membership.objects.select_related("organization", "user")
        .filter(organization__slug=slug, user=request.user)
        .first()
    )
    if membership is None:
        raise Http404
    return membership


def _note_seen(membership: Membership) -> None:
    """Note that a member is here, every few minutes and not with each click."""
    at = timezone.now()
    if membership.last_seen_at is None or membership.last_seen_at < at - SEEN_EVERY:
        Membership.objects.filter(pk=membership.pk).update(last_seen_at=at)


def _refusal(membership: Membership, rights: Sequence[Right]) -> dict[str, Any]:
    """Return which right a page needs, and the names of those who can give it."""
    owners = membership.organization.memberships.owners().select_related("user").order_by("pk")
    return {
        "needed": [right.label for right in rights],
        "owners": [str(owner.user) for owner in owners],
    }


def _inside(request: OrganizationRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Open the organization around a page; of two writers, one is told to try again."""
    try:
        return _opened(request, answer)
    except IntegrityError:
        logger.warning("Two writers met at %s", request.resolver_match, exc_info=True)
        refusal = _("Someone else changed this at the same moment: try again.")
        context = {"refusal": refusal, "frame": "base_auth.html"}
        return render(request, "refused.html", context, status=409)


def _opened(request: OrganizationRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    organization = request.organization
    with (
        timezone.override(organization.zone),
        tenant_transaction(organization.pk, actor=f"user:{request.user.pk}"),
    ):
        bank_details.catch_up(organization, at=timezone.now())
        try:
            response = answer()
        except DomainError as refusal:
            context = {**shell(request), "refusal": refusal, "back": _came_from(request)}
            context["frame"] = "base.html"
            response = render(request, "refused.html", context, status=409)
        if response.status_code >= REFUSED:
            transaction.set_rollback(True)  # Django's signature
    return response


def _came_from(request: HttpRequest) -> str:
    """Return the page of ours that a request came from, to go back to."""
    path = urlsplit(request.headers.get("Referer", "")).path
    return path if path.startswith("/o/") else ""


def shell(request: OrganizationRequest) -> dict[str, Any]:
    """Return what `base.html` needs on each page of an organization."""
    return {
        "organization": request.organization,
        "membership": request.membership,
        "may": {right.value: True for right in request.membership.rights},
        "local_mailbox": settings.MAIL_STAYS_HERE,
    }


class OrganizationViewSet(GenericViewSet[Row]):
    """The door of the API: the key's organization is open while the call is carried out.

    `scope` is what a writing call needs, `reading_scope` what reading needs. A view starts its
    queries at `self.organization`.
    """

    scope: Scope = Scope.WRITE
    reading_scope: Scope = Scope.READ
    pagination_class: type[BasePagination] | None = CursorPages
    lookup_value_regex = "[0-9]{1,18}"  # what a bigint holds, in the digits of ASCII
    organization: Organization
    api_key: ApiKey

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Open the organization around the whole call, and roll back whatever is refused."""
        key = _standing_key(request)
        if key is None:
            response = super().dispatch(request, *args, **kwargs)  # answers 401, 403 or 429
            tell_limit(request, response)
            return response
        self.api_key, self.organization = key, key.organization
        with (
            timezone.override(self.organization.zone),
            tenant_transaction(self.organization.pk, actor=f"key:{key.pk}"),
        ):
            bank_details.catch_up(self.organization, at=timezone.now())
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, SimpleTemplateResponse):
                response.render()
            if response.status_code >= REFUSED:
                transaction.set_rollback(True)  # Django's signature
        tell_limit(request, response)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the right, then let an `Idempotency-Key` answer in place of the handler."""
        super().initial(request, *args, **kwargs)
        handler = getattr(self, (request.method or "").lower(), None)
        if request.method == "POST" and handler is not None:
            carry_out = functools.partial(handler, request, *args, **kwargs)
            once = functools.partial(idempotency.once, request, self.api_key, carry_out)
            self.post = lambda *_args, **_kwargs: once()


def _standing_key(request: HttpRequest) -> ApiKey | None:
    try:
        return key_of(request)
    except APIException:
        return None
