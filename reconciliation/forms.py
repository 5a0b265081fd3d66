"""How an upload is understood."""

from django import forms
from django.utils.translation import gettext_lazy as _


class UploadStatement(forms.Form):
    """A statement, and what a person accepts of it after it was held."""

    file = forms.FileField(label=_("Statement"), allow_empty_file=True)
    accept_partial = forms.BooleanField(
        label=_("Import the rest when some lines can’t be read"), required=False
    )
    accept_disagreement = forms.BooleanField(
        label=_("Import what the first reader saw"), required=False
    )
