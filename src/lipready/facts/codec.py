"""Facts as JSON and back, exactly: what is read again equals what was written, to the last bit.

This is the form in which facts are kept, not the one that people are shown (see `reports.report`). A dataclass becomes
the list of its fields; where a union leaves open which one it is, `{"Name": [fields]}`. A Fraction is an integer or
"n/d". A float that JSON does not know is "nan", "inf" or "-inf".
"""

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import cache, lru_cache
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

_Way = Callable[[Any], Any]
_FRACTION = re.compile(r"-?[1-9][0-9]{0,300}/[1-9][0-9]{0,300}")
_ODD_FLOATS = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}
_SCALARS = (bool, int, str)


def to_plain(value: object, kind: Any = None) -> Any:
    """Turn a value into what `json.dumps(…, allow_nan=False)` takes; `kind` is its type where that is no dataclass.

    Raises TypeError where a value is not of the type that is declared for it.
    """
    return _writer(cast("Hashable", type(value) if kind is None else kind))(value)


def from_plain(kind: type[T], plain: object) -> T:
    """Make the value of a type again out of what `to_plain` made of it.

    Raises ValueError for anything that is not exactly such a form, whatever it is.
    """
    return cast("T", _reader(cast("Hashable", kind))(plain))


@cache
def _reader(kind: Any) -> _Way:
    """Return the function that reads a type; made once, since ten thousand files are read in a run."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _read_dataclass(cast("type", kind))
    if origin is tuple:
        return _read_many(arguments[0]) if arguments[1:] == (...,) else _read_row(tuple(map(_reader, arguments)))
    if origin is Literal:
        return _read_literal(arguments)
    if origin in {Union, UnionType}:
        return _read_union(arguments)
    return _read_scalar(kind)


def _read_scalar(kind: Any) -> _Way:
    if kind is Fraction:
        return _read_fraction
    if kind is float:
        return _read_float
    if kind not in {*_SCALARS, NoneType}:
        raise TypeError(f"{kind} has no plain form")

    def read(plain: Any) -> Any:
        if type(plain) is not kind:
            raise _unlike(kind)
        return plain

    return read


def _read_float(plain: Any) -> float:
    # A whole number stays one: 1 and 1.0 are equal, but are not written alike.
    if type(plain) is float and isfinite(plain):
        return plain
    if type(plain) is int:
        return plain
    if type(plain) is str and plain in _ODD_FLOATS:
        return _ODD_FLOATS[plain]
    raise _unlike(float)


def _read_fraction(plain: Any) -> Fraction:
    if type(plain) is int:
        return Fraction(plain)
    if type(plain) is str:
        return _parse_fraction(plain)
    raise _unlike(Fraction)


@lru_cache(maxsize=8192)
def _parse_fraction(text: str) -> Fraction:
    """Read "n/d" in lowest terms; the times of samples come again in every look."""
    if not _FRACTION.fullmatch(text):
        raise _unlike(Fraction)
    numerator, _slash, denominator = text.partition("/")
    fraction = Fraction(int(numerator), int(denominator))
    if str(fraction) != text:
        raise _unlike(Fraction)
    return fraction


def _read_literal(values: Sequence[Any]) -> _Way:
    known = {value: value for value in values}

    def read(plain: Any) -> Any:
        if type(plain) is not str or plain not in known:
            raise ValueError("it holds a word that is not known")
        return known[plain]

    return read


def _read_many(kind: Any) -> _Way:
    one = _reader(kind)
    same = {kind} if kind in {*_SCALARS, float} else None

    def read(plain: Any) -> tuple[Any, ...]:
        if type(plain) is not list:
            raise _unlike(tuple)
        # All of one type at once: a descriptor is 128 numbers.
        if same is not None and {*map(type, plain)} <= same and (kind is not float or all(map(isfinite, plain))):
            return tuple(plain)
        return tuple([one(each) for each in plain])

    return read


def _read_row(readers: Sequence[_Way]) -> _Way:
    def read(plain: Any) -> tuple[Any, ...]:
        if type(plain) is not list or len(plain) != len(readers):
            raise _unlike(tuple)
        return tuple([reader(each) for reader, each in zip(readers, plain, strict=True)])

    return read


def _read_dataclass(kind: type) -> _Way:
    names, kinds = _fields(kind)
    row = _read_row(tuple(map(_reader, kinds)))
    return lambda plain: kind(**dict(zip(names, row(plain), strict=True)))


def _read_union(kinds: Sequence[Any]) -> _Way:
    """Read a union by the JSON type of what is there, and a dataclass by its name."""
    classes, ways = _told_apart(kinds)
    named = {kind.__name__: _reader(kind) for kind in classes}
    by_type = {plain: _reader(kind) for plain, kind in ways.items()}

    def read(plain: Any) -> Any:
        if type(plain) is dict and len(plain) == 1:
            ((name, inner),) = plain.items()
            if name in named:
                return named[name](inner)
        reader = by_type.get(type(plain))
        if reader is None:
            raise ValueError("it holds something of a type that is not expected")
        return reader(plain)

    return read


def _told_apart(kinds: Sequence[Any]) -> tuple[tuple[type, ...], dict[type, Any]]:
    """Split a union into its dataclasses, and the others by the JSON type that says which one it is."""
    classes = tuple(kind for kind in kinds if is_dataclass(kind))
    ways: dict[type, Any] = {}
    for kind in kinds:
        for plain in () if kind in classes else _plain_types(kind):
            if ways.setdefault(plain, kind) is not kind:
                raise TypeError(f"{kind} and {ways[plain]} look alike in their plain form")
    return cast("tuple[type, ...]", classes), ways


def _plain_types(kind: Any) -> tuple[type, ...]:
    if get_origin(kind) is tuple:
        return (list,)
    if get_origin(kind) is Literal:
        return (str,)
    return {Fraction: (int, str), float: (float, int, str)}.get(kind, (kind,))


@cache
def _writer(kind: Any) -> _Way:
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _write_dataclass(cast("type", kind))
    if origin is tuple:
        return _write_tuple(arguments)
    if origin in {Union, UnionType}:
        return _write_union(arguments)
    return {Fraction: _write_fraction, float: _write_float}.get(kind) or _reading_back(_reader(kind))


def _write_dataclass(kind: type) -> _Way:
    names, kinds = _fields(kind)
    ways = tuple(zip(names, map(_writer, kinds), strict=True))

    def write(value: Any) -> list[Any]:
        if type(value) is not kind:
            raise TypeError(f"{type(value).__name__} stands where {kind.__name__} belongs")
        return [way(getattr(value, name)) for name, way in ways]

    return write


def _write_tuple(kinds: Sequence[Any]) -> _Way:
    many = _writer(kinds[0]) if kinds[1:] == (...,) else None
    row = () if many else tuple(map(_writer, kinds))

    def write(value: Any) -> list[Any]:
        if type(value) is not tuple or not (many or len(value) == len(row)):
            raise TypeError(f"{type(value).__name__} stands where a tuple of another form belongs")
        return [way(each) for way, each in zip((many,) * len(value) if many else row, value, strict=True)]

    return write


def _write_union(kinds: Sequence[Any]) -> _Way:
    classes, ways = _told_apart(kinds)
    named = {kind: _writer(kind) for kind in classes}
    others = tuple(_writer(kind) for kind in dict.fromkeys(ways.values()))

    def write(value: Any) -> Any:
        if type(value) in named:
            return {type(value).__name__: named[type(value)](value)}
        for way in others:
            try:
                return way(value)
            except TypeError:
                continue
        raise TypeError(f"{type(value).__name__} stands where it does not belong")

    return write


def _write_fraction(value: Any) -> int | str:
    if type(value) is not Fraction:
        raise TypeError(f"{type(value).__name__} stands where a Fraction belongs")
    return value.numerator if value.denominator == 1 else str(value)


def _write_float(value: Any) -> float | str:
    # numpy's double is a float too, and comes back as Python's.
    if type(value) is int:
        return value
    if not isinstance(value, float):
        raise TypeError(f"{type(value).__name__} stands where a number belongs")
    number = float(value)
    return number if isfinite(number) else str(number)


def _reading_back(read: _Way) -> _Way:
    """Write what is its own plain form, after the same look at it as when it is read."""

    def write(value: Any) -> Any:
        try:
            return read(value)
        except ValueError as error:
            raise TypeError(str(error)) from None

    return write


def _fields(kind: type) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    hints = get_type_hints(kind)
    names = tuple(field.name for field in fields(kind))
    return names, tuple(hints[name] for name in names)


def _unlike(kind: type) -> ValueError:
    return ValueError(f"it holds something that is no {kind.__name__}")
