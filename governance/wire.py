"""Values to plain JSON data and back, and canonical bytes (RFC 8785) for digests and signatures."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")

_SAFE_INTEGER = 2**53 - 1


def plain(value: Any) -> Any:
    """The value as JSON data; empty fields are left out.

    What canonical JSON cannot carry is turned into text: integers beyond 2^53, NaN and infinities,
    lone surrogates, keys that are not strings, bytes.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(item) for f in fields(value) if not _is_empty(item := getattr(value, f.name))}
    if isinstance(value, Mapping):
        return {_text(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (Enum, date)):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= _SAFE_INTEGER else str(value)
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    return _text(str(value))


def _is_empty(value: Any) -> bool:
    return value is None or (not value and isinstance(value, (str, tuple, list, Mapping)))


def _text(value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of a value."""
    import rfc8785

    return rfc8785.dumps(plain(value))


def digest(value: Any) -> str:
    """SHA-256 over the canonical JSON of a value, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def restore(kind: type[T], data: Any) -> T:
    """A value from the JSON data that `plain` made of it. Raises ValueError when it does not fit."""
    from pydantic import TypeAdapter  # only where data comes back in

    adapter: TypeAdapter[T] = TypeAdapter(kind)
    return adapter.validate_python(data)


def loads(data: bytes | str) -> Any:
    """JSON with duplicate keys refused, since two readers may each believe another one."""
    return json.loads(data, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is given twice")
    return result
