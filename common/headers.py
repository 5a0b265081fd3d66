"""What a browser may do with our pages: nothing that did not come from us."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "frame-src 'self'"
)

# For what was mailed, shown in a frame: no script, no form, no request, only its own inline style.
MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


class ContentSecurityPolicyMiddleware:
    """Set the policy, unless a view has set a stricter one; keep business pages out of caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=()"
        )
        if request.path.startswith("/o/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def sandboxed(html: str) -> HttpResponse:
    """Return somebody's HTML for a frame in which it may do nothing."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = MAIL_POLICY
    return response
