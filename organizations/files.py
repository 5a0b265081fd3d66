"""Keep files as they were received, byte for byte."""

import hashlib
from datetime import datetime

from common.tenancy import current
from organizations.models import StoredFile

LONGEST_NAME = 200


def keep(name: str, content: bytes, *, at: datetime) -> StoredFile:
    """Keep a file; one that was received before is kept once, under its first name."""
    kept: StoredFile
    kept, _created = StoredFile.objects.get_or_create(
        organization_id=current().organization_id,
        sha256=hashlib.sha256(content).hexdigest(),
        defaults={
            "name": name[:LONGEST_NAME],
            "size": len(content),
            "content": content,
            "received_at": at,
        },
    )
    return kept
