"""Load a generated book, for tests and benchmarks: into one organization, or into several new."""

from argparse import ArgumentParser
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from common.errors import DomainError
from common.tenancy import tenant_transaction
from demo import book
from invoices import importing
from organizations import opening
from organizations.command import REFUSED, a_date, find
from organizations.models import Organization, Plan, User

OWNER = "fixture@demo.example"


class Command(BaseCommand):
    help = "Load a generated book, with contacts; the same seed gives the same book."

    def add_arguments(self, parser: ArgumentParser) -> None:
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("slug", nargs="?", metavar="SLUG")
        where.add_argument("--organizations", type=int, metavar="K", help="make K new ones")
        parser.add_argument("--invoices", type=int, required=True, metavar="N")
        parser.add_argument("--customers", type=int, required=True, metavar="M")
        parser.add_argument("--seed", type=int, default=1, metavar="S")
        parser.add_argument("--on", type=a_date, metavar="DATE", help="as it stands on; or today")
        parser.add_argument("--statements", metavar="DIR", help="write statement and truth there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the book of seed S into the first organization, of S + 1 into the next, ..."""
        at = timezone.now()
        on = options["on"] or at.date()
        try:
            organizations = self._organizations(options, on=on, at=at)
        except DomainError as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from refusal
        for place, organization in enumerate(organizations):
            made = book.generate(
                seed=options["seed"] + place,
                customers=options["customers"],
                invoices=options["invoices"],
                on=on,
            )
            content = book.invoices_csv(made.sales, known_until=book.known_until(made))
            with tenant_transaction(organization.pk):
                report = importing.import_invoices(
                    organization, "fixture.csv", content, on=on, at=at
                )
            self.stderr.write(f"{organization.slug}: {report.created} invoices.")
            if options["statements"]:
                _write_statement(made, Path(options["statements"]), organization.slug)

    def _organizations(
        self, options: dict[str, Any], *, on: date, at: datetime
    ) -> list[Organization]:
        if options["slug"]:
            return [find(options["slug"])]
        owner = User.objects.filter(email=OWNER).first() or User.objects.create_user(OWNER)
        return [
            opening.open_organization(
                f"Fixture {number}",
                owner=owner,
                on=on,
                at=at,
                plan=Plan.UNLIMITED,
                begin=opening.Begin.AT_ONCE,
            )
            for number in range(1, options["organizations"] + 1)
        ]


def _write_statement(made: book.Book, directory: Path, slug: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    balance = sum(transfer.amount_minor for transfer in made.transfers)
    statement = book.statement_ofx(made.transfers, closing_minor=balance, until=made.on)
    (directory / f"{slug}.ofx").write_bytes(statement)
    (directory / f"{slug}-truth.csv").write_bytes(book.truth_csv(made))
