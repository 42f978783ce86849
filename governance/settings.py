"""Settings files: YAML into a frozen dataclass, refusing what it does not know, and its JSON Schema."""

from collections.abc import Iterator
from datetime import date
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from governance.errors import InvalidPolicy

T = TypeVar("T")


def read_settings(kind: type[T], text: str, name: str) -> T:
    """Read YAML text as `kind`. Raises InvalidPolicy naming the file, each place and the cure."""
    data = _load(text, name)
    try:
        return TypeAdapter(kind).validate_python({} if data is None else data)
    except ValidationError as error:
        places = "; ".join(list(dict.fromkeys(_complaints(error)))[:5])
        raise InvalidPolicy(f"{name}: {places}", "`governance policy schema` lists every key.") from error


def read_mapping(text: str, name: str) -> dict[str, Any]:
    """Read YAML text that must be a mapping. Raises InvalidPolicy naming the file and the cure."""
    data = _load(text, name)
    if not isinstance(data, dict):
        raise InvalidPolicy(f"{name}: not a mapping", "Start with `key: value` lines.")
    return data


def _load(text: str, name: str) -> Any:
    try:
        return yaml.load(text, Loader=_UniqueKeys)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        reason = error.problem or error.context or "broken"
        raise InvalidPolicy(f"{place}: not YAML: {reason}", "Mend the syntax at that place.") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2030-02-31
        reason = " ".join(str(error).split())
        raise InvalidPolicy(f"{name}: not YAML: {reason}", "Mend the syntax.") from error
    except RecursionError as error:
        raise InvalidPolicy(f"{name}: nested too deeply", "Settings are a few levels deep.") from error


def settings_schema(kind: type[Any]) -> dict[str, Any]:
    """JSON Schema of the settings, with the meaning of every key."""
    schema = TypeAdapter(kind).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _complaints(error: ValidationError) -> Iterator[str]:
    for detail in error.errors():
        # Parts such as `is-instance[Severity]` name a branch of the validator, not a key of the file.
        place = ".".join(str(part) for part in detail["loc"] if "[" not in str(part)) or "the file"
        message = detail["msg"].replace("Input should be", "should be")
        if detail["type"] == "unexpected_keyword_argument":
            yield f"{place} is not a known key"
        elif detail["type"] == "string_type" and isinstance(detail["input"], (int, float, date)):
            yield f"{place}: should be text; put quotes around {detail['input']}"
        elif detail["type"] in ("dataclass_type", "dict_type", "mapping_type"):
            yield f"{place}: should be a mapping, `key: value`"
        elif detail["type"] == "tuple_type":
            yield f"{place}: should be a list"
        elif detail["type"] != "is_instance_of":
            yield f"{place}: {message}"


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a key given twice is an error, not a silent last word."""


def _construct_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if isinstance(key, (list, dict)):
            raise yaml.constructor.ConstructorError(
                None, None, "a key must be a plain word", key_node.start_mark
            )
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"{key!r} is given twice", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)
