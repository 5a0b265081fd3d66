from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.db import migrations

from common.securing import GrantToApp


class Migration(migrations.Migration):
    """What was made before is granted now; what is made later is granted when it is made."""

    initial = True
    dependencies = []
    operations = [
        GrantToApp(),
        BtreeGistExtension(),
        UnaccentExtension(),
        TrigramExtension(),
    ]
