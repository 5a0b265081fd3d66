"""Bring the catalogs to what the product says; needs no database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common import translations


class Command(BaseCommand):
    help = "Gather the texts of code and templates and bring locale/ to them."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Write both catalogs, then name each text that French does not say well."""
        found = translations.gather()
        french = translations.translated("fr", found=found)
        english = translations.translated("en", found=found)
        for language, catalog in (("fr", french), ("en", english)):
            if translations.write(catalog, language):
                self.stderr.write(f"locale/{language} changed: {len(catalog)} texts.")
        faults = [f"Not translated: {text!r}" for text in translations.missing(french)]
        faults += translations.problems(french)
        if faults:
            raise CommandError("\n".join(faults))
