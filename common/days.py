"""Days as people write them: `27/11`, `27/11/26`, `+7`, `ven`, `fdm`, `demain`. Pure."""

import calendar
import re
import unicodedata
from contextlib import suppress
from datetime import date, timedelta

WEEKDAYS = (
    ("lun", "lundi", "mon", "monday"),
    ("mar", "mardi", "tue", "tuesday"),
    ("mer", "mercredi", "wed", "wednesday"),
    ("jeu", "jeudi", "thu", "thursday"),
    ("ven", "vendredi", "fri", "friday"),
    ("sam", "samedi", "sat", "saturday"),
    ("dim", "dimanche", "sun", "sunday"),
)
NEAR = {
    "auj": 0, "aujourd'hui": 0, "today": 0,
    "demain": 1, "tomorrow": 1, "hier": -1, "yesterday": -1,
}  # fmt: skip
# A day that was so lately, said of what is to come, is a slip or a doubt: nobody means next year's.
AMBIGUOUS = timedelta(days=60)
END_OF_MONTH = ("fdm", "fin de mois", "eom", "end of month")

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_WRITTEN = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?", re.ASCII)
_APART = re.compile(r"([+-])(\d{1,3})\s?[jd]?", re.ASCII)


class NoSuchDay(ValueError):
    """The day is well written, and no calendar has it: 31/02."""


class NeedsYear(ValueError):
    """The day is meant to come and was a moment ago, or the other way round: 24/11 on the 25th.

    Attributes:
        past, coming: the two days it may be.
    """

    def __init__(self, past: date, coming: date) -> None:
        super().__init__(f"{past} or {coming}")
        self.past, self.coming = past, coming


class NotADay(ValueError):
    """What is written is no day."""


def read_day(text: str, *, today: date, ahead: bool = True) -> date:
    """Return the day that a few signs mean.

    Args:
        ahead: a day without a year is today or the next one to come; else today or the last
            one that was. A weekday is always the next, or the last, that is not today.

    Raises:
        NoSuchDay: as 31/02.
        NeedsYear: without a year, it lies within AMBIGUOUS on the other side of today.
        NotADay: nothing of that kind.
    """
    said = _plain(text)
    found = _in_words(said, today=today, ahead=ahead) or _in_figures(said, today, ahead=ahead)
    if found is None:
        raise NotADay(text)
    return found


def _in_words(said: str, *, today: date, ahead: bool) -> date | None:
    if said in NEAR:
        return today + timedelta(days=NEAR[said])
    if said in END_OF_MONTH:
        return today.replace(day=calendar.monthrange(today.year, today.month)[1])
    weekday = next((place for place, names in enumerate(WEEKDAYS) if said in names), None)
    return None if weekday is None else _nearest_weekday(weekday, today=today, ahead=ahead)


def _in_figures(said: str, today: date, *, ahead: bool) -> date | None:
    if found := _APART.fullmatch(said):
        return today + timedelta(days=int(found[1] + found[2]))
    if found := _ISO.fullmatch(said):
        return _existing(int(found[1]), int(found[2]), int(found[3]), said)
    if found := _WRITTEN.fullmatch(said):
        day, month, year = int(found[1]), int(found[2]), found[3]
        if year is None:
            return _without_year(day, month, said, today=today, ahead=ahead)
        return _existing(int(year) + (2000 if len(year) == 2 else 0), month, day, said)  # noqa: PLR2004  # its last two digits
    return None


def _plain(text: str) -> str:
    """Return small letters without accents, full stops at the end and doubled spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(plain.replace("\u2212", "-").split()).rstrip(".")


def _nearest_weekday(weekday: int, *, today: date, ahead: bool) -> date:
    if ahead:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)


def _without_year(day: int, month: int, text: str, *, today: date, ahead: bool) -> date:
    found = []
    for year in range(today.year - 1, today.year + 2):
        with suppress(ValueError):
            found.append(date(year, month, day))
    if today in found:
        return today
    past = max((one for one in found if one < today), default=None)
    coming = min((one for one in found if one > today), default=None)
    meant = coming if ahead else past
    if past and coming and abs(today - (past if ahead else coming)) <= AMBIGUOUS:
        raise NeedsYear(past, coming)
    if meant is None:
        raise NoSuchDay(text)
    return meant


def _existing(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NoSuchDay(text) from None
