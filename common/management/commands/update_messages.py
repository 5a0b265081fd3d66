"""Bring the catalog to what the product says; needs no database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common import translations


class Command(BaseCommand):
    help = "Gather the texts of code and templates and bring the French catalog to them."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the catalog, then name each text that French does not say well."""
        french = translations.translated(translations.gather())
        if translations.write(french):
            self.stderr.write(f"The French catalog changed; it has {len(french)} texts.")
        faults = [f"Not translated: {text!r}" for text in translations.missing(french)]
        faults += translations.problems(french)
        if faults:
            raise CommandError("\n".join(faults))
