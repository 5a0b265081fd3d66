from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.db import migrations

from common.securing import GrantToApp


class Migration(migrations.Migration):
    """Runs before every other: what is made later is granted when it is made."""

    initial = True
    dependencies = []
    run_before = [
        ("contenttypes", "0001_initial"),
        ("auth", "0001_initial"),
        ("organizations", "0001_initial"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        GrantToApp(),
        BtreeGistExtension(),
        UnaccentExtension(),
        TrigramExtension(),
    ]
