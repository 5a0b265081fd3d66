"""How people's accounts differ from allauth's own: names, addresses, refusals, second factors."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from common.addresses import address_of
from organizations import second_factor
from organizations.models import User

TOO_MANY = {"too_many_login_attempts", "rate_limited"}
ALLAUTHS_STAGE = "allauth.account.stages.EmailVerificationStage"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:  # noqa: FBT001, FBT002  # allauth's signature
        """Create the person; the address is kept in lower case, as it is looked up."""
        saved: User = super().save_user(request, user, form, commit=False)
        saved.email = saved.email.lower()
        if commit:
            saved.save()
        return saved

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return where the request came from, as keys of programs see it too."""
        address = address_of(request)
        if address is None:
            raise PermissionDenied
        return str(address)

    def get_login_stages(self) -> list[str]:
        ours = f"{AddressStage.__module__}.{AddressStage.__qualname__}"
        return [ours if stage == ALLAUTHS_STAGE else stage for stage in super().get_login_stages()]

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Return what is wrong; too many tries are answered with 429 and not within a form."""
        if code in TOO_MANY:
            raise ImmediateHttpResponse(respond_429(self.request))
        error: ValidationError = super().validation_error(code, *args)
        return error


class AddressStage(EmailVerificationStage):  # type: ignore[misc]  # allauth is untyped
    """Have an address confirmed before it opens anything.

    Whoever was made by a command or an invitation has none to confirm: who did it knows them.
    """

    def handle(self) -> Any:
        login = self.login
        known = login.user is not None and not login.signup
        if known and not EmailAddress.objects.filter(user_id=login.user.pk).exists():
            return None, True
        return super().handle()


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Return whether a second factor may go: not the last one of who needs one."""
        if not second_factor.is_required_of(authenticator.user):
            return True
        return second_factor.factors_of(authenticator.user_id) > 1

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002  # allauth's
        """Propose a name for a passkey."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)d") % {"number": number}
