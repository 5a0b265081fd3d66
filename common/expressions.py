"""What PostgreSQL can work out and Django has no word for."""

from django.db.models import Aggregate, Func, IntegerField, Subquery


class DaysBetween(Func):
    """How many days lie from the second date to the first: Django would make an interval of it."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()


class CountOf(Subquery):
    """How many rows another question finds, so that several are counted in one query."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


class Median(Aggregate):
    """The middle one of whole numbers; of an even number of them the smaller of the two."""

    template = "percentile_disc(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = IntegerField()
