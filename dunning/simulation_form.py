"""How a simulation is asked for."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dunning import simulator
from dunning.choosing import Rule

COMING, YEAR = "coming", "year"
MOST_COMING, MOST_IN_A_YEAR = 6, 24  # contacts of one customer, unless another number is typed
LARGEST = 9_999
USUAL_DAYS = 30
NUMBER = {"class": "num", "inputmode": "numeric"}


class SimulationForm(forms.Form):
    """Which days, followed by whom, and what would be too much; each has an answer unless said."""

    over = forms.ChoiceField(
        label=_("Over"),
        choices=[
            (COMING, _("the coming days, the book as it is")),
            (YEAR, _("the last 12 months, replayed")),
        ],
        required=False,
    )
    days = forms.TypedChoiceField(
        label=_("Coming days"),
        choices=[(30, "30"), (60, "60"), (90, "90")],
        coerce=int,
        required=False,
    )
    followed = forms.ChoiceField(
        label=_("Followed by"),
        choices=[
            (simulator.AS_NOW, _("those who follow it now")),
            (simulator.DEFAULT, _("all for whom nothing else is said")),
            (simulator.EVERYBODY, _("everybody")),
        ],
        required=False,
    )
    capacity = forms.IntegerField(
        label=_("Calls you can make a day"),
        min_value=0,
        max_value=LARGEST,
        required=False,
        widget=forms.NumberInput(NUMBER),
    )
    most = forms.IntegerField(
        label=_("Too much for a customer: contacts above"),
        min_value=0,
        max_value=LARGEST,
        required=False,
        widget=forms.NumberInput(NUMBER),
    )
    order = forms.CharField(
        label=_("Rules, in this order"),
        max_length=200,
        required=False,
        help_text=_("2, 1, 3: who is left out is not asked. Empty: as now."),
    )
    habit = forms.BooleanField(label=_("As if payments followed habit"), required=False)

    def __init__(self, *args: Any, rules: Sequence[Rule], **options: Any) -> None:
        super().__init__(*args, **options)
        self.rules = rules
        if not rules:
            del self.fields["order"]

    def clean_over(self) -> str:
        return str(self.cleaned_data["over"] or COMING)

    def clean_days(self) -> int:
        return int(self.cleaned_data["days"] or USUAL_DAYS)

    def clean_followed(self) -> str:
        return str(self.cleaned_data["followed"] or simulator.AS_NOW)

    def clean_order(self) -> tuple[int, ...] | None:
        """Return the places of the rules from 0; each is named once at most."""
        text = self.cleaned_data["order"]
        if not text.strip():
            return None
        named = [part for part in re.split(r"[\s,;]+", text) if part]
        known = {str(place + 1): place for place in range(len(self.rules))}
        if not set(named) <= known.keys() or len(set(named)) < len(named):
            raise forms.ValidationError(
                _("Name the rules by their places, 1 to %(n)s, each once."),
                params={"n": len(self.rules)},
            )
        return tuple(known[name] for name in named)

    @property
    def is_year(self) -> bool:
        return bool(self.cleaned_data["over"] == YEAR)

    @property
    def most_contacts(self) -> int:
        """Return above how many contacts a customer hears too much."""
        said = self.cleaned_data["most"]
        usual = MOST_IN_A_YEAR if self.is_year else MOST_COMING
        return usual if said is None else int(said)
