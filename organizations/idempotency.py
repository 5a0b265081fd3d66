"""A POST with an `Idempotency-Key` is carried out once; a retry is answered alike.

The key is written in the transaction of the work itself. So a refused or broken request leaves
none, and of two at once the second waits for the first on the unique index, then reads its answer.
"""

import hashlib
import json
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.models import ApiKey, IdempotentRequest

HEADER = "Idempotency-Key"
LONGEST = 255
SHOWN_ONCE = "secret"  # the field of an answer that no retry sees again


class KeyReused(APIException):
    """The key stands for another request."""

    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used for another request."


def once(
    request: Request, api_key: ApiKey, carry_out: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """Carry out a POST, or return what the same key answered before.

    Raises:
        ValidationError: the key is empty or too long.
        KeyReused: the key was used with another method, address or body.
    """
    key = request.headers.get(HEADER)
    if request.method != "POST" or key is None:
        return carry_out()
    if not 0 < len(key) <= LONGEST:
        raise ValidationError({HEADER: [f"Between 1 and {LONGEST} characters."]})
    fingerprint = _fingerprint(request)
    try:
        with transaction.atomic():
            row = IdempotentRequest.objects.create(
                organization_id=api_key.organization_id,
                api_key=api_key,
                key=key,
                fingerprint=fingerprint,
            )
    except IntegrityError:
        return _again(api_key, key, fingerprint)
    response = carry_out()
    if isinstance(response, Response):
        row.status, row.body = response.status_code, _encoded(response)
        row.save(update_fields=["status", "body"])
    return response


def _again(api_key: ApiKey, key: str, fingerprint: str) -> Response:
    row = IdempotentRequest.objects.get(api_key=api_key, key=key)
    if row.fingerprint != fingerprint:
        raise KeyReused
    data = json.loads(bytes(row.body)) if row.body else None
    return Response(data, status=row.status, headers={"Idempotent-Replayed": "true"})


def _fingerprint(request: Request) -> str:
    """Return the SHA-256 over method, address and body; a multipart boundary does not count."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type.startswith("multipart/"):
        for name, upload in sorted(request.FILES.items()):
            digest.update(f"{name}\0{upload.name}\0".encode())
            for chunk in upload.chunks():
                digest.update(chunk)
            upload.seek(0)
        for name, value in sorted(request.POST.items()):
            digest.update(f"{name}\0{value}\0".encode())
    else:
        digest.update(request.body)
    return digest.hexdigest()


def _encoded(response: Response) -> bytes:
    """Return what a retry is answered; what is shown once is not kept for it."""
    if response.data is None:
        return b""
    data = response.data
    if isinstance(data, dict) and SHOWN_ONCE in data:
        data = {**data, SHOWN_ONCE: None}
    # The response has not chosen its renderer yet; the API speaks JSON alone.
    rendered: bytes = JSONRenderer().render(data)
    return rendered
