"""Settings of the test suite: the real ones, but for what costs time or leaves the machine."""

import os
from pathlib import Path

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
MAIL_STAYS_HERE = True
MAIL_RESOLVER = "dunning.channels.resolver.Nobody"  # a test that looks at a domain brings its own
INBOUND_DOMAIN = ""
SMS_ACCOUNT = REGISTERED_LETTER_ACCOUNT = None  # a test that sends names its own
# A test that anchors names a directory.
ANCHORS_DIR = Path(os.environ.get("ANCHORS_DIR") or DATA_DIR / "nowhere")  # noqa: F405
ACCOUNT_RATE_LIMITS = False
API_RATE_LIMITS = False  # a test would count for the next one; those of the limits turn it on
