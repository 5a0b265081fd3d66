"""Settings of the test suite: the real ones, but for what costs time or leaves the machine."""

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
MAIL_STAYS_HERE = True
ANCHORS_DIR = DATA_DIR / "nowhere"  # noqa: F405  # a test that anchors names a directory
ACCOUNT_RATE_LIMITS = False
