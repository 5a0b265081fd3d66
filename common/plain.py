"""Results as plain JSON values, and back: how a reader's answer leaves its limited process.

Only the classes that the reader's own annotations name are ever built, whatever the JSON says:
a reader taken over by a hostile file can lie about the file, and nothing more.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

Decode = Callable[[Any], Any]

_ATOMS = (str, int, bool, type(None))


class NotPlain(ValueError):
    """What came back is not of the announced shape."""


def to_plain(value: Any) -> Any:
    """Return lists, dicts, text and numbers; a dataclass becomes the list of its fields."""
    kind: Any = type(value)
    if kind in _ATOMS:
        return value
    if kind is date or kind is datetime:
        return value.isoformat()
    if kind is tuple or kind is list:
        return [to_plain(item) for item in value]
    if kind is dict:
        return {key: to_plain(item) for key, item in value.items()}
    names = _names(kind)
    plain = []
    for name in names:  # the hot loop: one turn per cell of a file
        part = getattr(value, name)
        plain.append(part if type(part) in _ATOMS else to_plain(part))
    return plain


@cache
def _names(kind: Any) -> tuple[str, ...]:
    if not is_dataclass(kind):
        raise NotPlain(f"{kind.__name__} can not leave the limited process.")
    return tuple(part.name for part in fields(kind))


def from_plain(hint: Any, plain: Any) -> Any:
    """Build a value of the annotated type.

    Raises:
        NotPlain: a part is of another type than announced.
    """
    return _decoder(hint)(plain)


@cache
def _decoder(hint: Any) -> Decode:
    origin, args = get_origin(hint), get_args(hint)
    if origin in _GENERIC:
        return _GENERIC[origin](args)
    if hint in _ATOMS:
        return _atom(hint)
    if hint is datetime:
        return _moment
    return _date if hint is date else _dataclass(hint)


def _atom(kind: type) -> Decode:
    def decode(plain: Any) -> Any:
        if type(plain) is not kind:
            raise NotPlain(f"{kind.__name__} expected.")
        return plain

    return decode


def _date(plain: Any) -> date:
    if type(plain) is not str:
        raise NotPlain("A date expected.")
    return date.fromisoformat(plain)


def _moment(plain: Any) -> datetime:
    if type(plain) is not str:
        raise NotPlain("A moment expected.")
    return datetime.fromisoformat(plain)


def _literal(values: tuple[Any, ...]) -> Decode:
    def decode(plain: Any) -> Any:
        if plain not in values:
            raise NotPlain(f"One of {values} expected.")
        return plain

    return decode


def _union(args: tuple[Any, ...]) -> Decode:
    """Decode unions of atoms, or of None with one other type: nothing else is needed."""
    if all(arg in _ATOMS for arg in args):
        kinds = frozenset(args)

        def decode_atoms(plain: Any) -> Any:
            if type(plain) not in kinds:
                raise NotPlain(f"One of {args} expected.")
            return plain

        return decode_atoms
    (inner,) = (_decoder(arg) for arg in args if arg is not type(None))
    return lambda plain: None if plain is None else inner(plain)


def _list(args: tuple[Any, ...]) -> Decode:
    item = _decoder(args[0])

    def decode(plain: Any) -> Any:
        if type(plain) is not list:
            raise NotPlain("A list expected.")
        return [item(part) for part in plain]

    return decode


def _tuple(args: tuple[Any, ...]) -> Decode:
    if args[-1] is not ...:
        return _fixed(tuple(_decoder(arg) for arg in args))
    listed = _list(args)
    return lambda plain: tuple(listed(plain))


def _fixed(items: tuple[Decode, ...]) -> Decode:
    def decode(plain: Any) -> Any:
        if type(plain) is not list or len(plain) != len(items):
            raise NotPlain(f"A list of {len(items)} expected.")
        return tuple([item(part) for item, part in zip(items, plain, strict=True)])

    return decode


def _mapping(args: tuple[Any, ...]) -> Decode:
    item = _decoder(args[1])

    def decode(plain: Any) -> Any:
        if type(plain) is not dict:
            raise NotPlain("A mapping expected.")
        return {key: item(part) for key, part in plain.items()}

    return decode


def _dataclass(kind: Any) -> Decode:
    hints = get_type_hints(kind)
    whole = _fixed(tuple(_decoder(hints[name]) for name in _names(kind)))
    return lambda plain: kind(*whole(plain))


_GENERIC: Mapping[Any, Callable[[tuple[Any, ...]], Decode]] = {
    Literal: _literal,
    Union: _union,
    types.UnionType: _union,
    tuple: _tuple,
    list: _list,
    dict: _mapping,
    Mapping: _mapping,
}
