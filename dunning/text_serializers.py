"""The texts as programs read and write them."""

from collections.abc import Mapping
from typing import Any, cast

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from common.api import StrictSerializer
from dunning import own_texts, remarks, wording
from dunning.linting import Finding
from dunning.text_forms import LONG
from dunning.wording import Language, TextKey

KEYS = {str(key): key for key in wording.library()}
HALVES = {"one": False, "many": True}


class NewTextSerializer(StrictSerializer):
    """A text to keep or to look through: every part of one half, in one language."""

    text = serializers.ChoiceField(list(KEYS))
    language = serializers.ChoiceField(list(wording.LANGUAGES))
    invoices = serializers.ChoiceField(list(HALVES))
    parts = serializers.DictField(
        child=serializers.CharField(max_length=LONG, allow_blank=True, trim_whitespace=False)
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse parts that a text of this family has not."""
        known = wording.PARTS[KEYS[attrs["text"]].family]
        unknown = sorted(set(attrs["parts"]) - set(known))
        if unknown:
            raise ValidationError({"parts": [f"Its parts are: {', '.join(known)}."]})
        return attrs


class SaidSerializer(serializers.Serializer[Any]):
    """A text in one language: its version, None for the house's, and its parts by half."""

    version = serializers.IntegerField(allow_null=True)
    one = serializers.DictField(child=serializers.CharField())
    many = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]  # as programs name it


class TextSerializer(serializers.Serializer[Any]):
    """One text of the library, as it is in force."""

    id = serializers.CharField()
    family = serializers.CharField()
    kind = serializers.CharField()
    tone = serializers.CharField(allow_blank=True)
    fr = SaidSerializer()
    en = SaidSerializer()


class FindingSerializer(serializers.Serializer[Any]):
    """What the linter found; errors keep a text from being kept."""

    code = serializers.CharField()
    is_error = serializers.BooleanField()
    part = serializers.CharField(allow_blank=True)
    line = serializers.IntegerField()  # 0 without a place
    column = serializers.IntegerField()
    sentence = serializers.SerializerMethodField()

    def get_sentence(self, finding: Finding) -> str:
        """Return it in words."""
        return remarks.sentence(finding)


def said(request: Request) -> Mapping[str, Any]:
    """Return a text as a program sent it.

    Raises:
        ValidationError: it is none.
    """
    form = NewTextSerializer(data=request.data)
    form.is_valid(raise_exception=True)
    return cast("Mapping[str, Any]", form.validated_data)


def document(key: TextKey, own: own_texts.OwnTexts) -> dict[str, Any]:
    """Return one text of the library, as it is in force."""
    return {
        "id": str(key),
        "family": key.family,
        "kind": key.kind,
        "tone": key.tone,
        **{language: _in(language, key, own) for language in wording.LANGUAGES},
    }


def _in(language: Language, key: TextKey, own: own_texts.OwnTexts) -> dict[str, Any]:
    row = own.row(key, language)
    return {
        "version": row.version if row is not None else None,
        **{
            half: own_texts.source(row, key, language=language, several=several)
            for half, several in HALVES.items()
        },
    }
