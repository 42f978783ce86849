"""Settings files: YAML into a frozen dataclass, refusing what it does not know, and its JSON Schema."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from governance.errors import InvalidPolicy
from governance.wire import plain

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

T = TypeVar("T")
_MOST = 5


def read_settings(kind: type[T], text: str, name: str) -> T:
    """Read YAML text as `kind`. Raises InvalidPolicy naming the file, each place and the cure."""
    data = _load(text, name)
    try:
        return TypeAdapter(kind).validate_python({} if data is None else data)
    except ValidationError as error:
        complaints = list(dict.fromkeys(_complaints(error, kind, text, name)))[:_MOST]
        remedy = "`governance policy schema` lists every key."
        raise InvalidPolicy("; ".join(complaints), remedy) from error


def place(text: str, name: str, path: Sequence[str | int]) -> str:
    """Where a key stands, as `file:line:column`; as far along its path as the text goes."""
    node: yaml.Node | None = yaml.compose(text, Loader=_UniqueKeys)
    mark = node.start_mark if node else None
    for part in path:
        step = _step(node, part)
        if step is None:
            break
        mark, node = step
    return f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name


def _step(node: yaml.Node | None, part: str | int) -> tuple[yaml.Mark, yaml.Node] | None:
    """One key or index further into a document: its place, and what it holds."""
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark, item
    return None


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


def settings_schema(kind: Any) -> dict[str, Any]:
    """JSON Schema of the settings, with the meaning of every key."""
    kind.__pydantic_config__["use_attribute_docstrings"] = True  # reads the source: too slow to do always
    schema = TypeAdapter(kind).json_schema(schema_generator=_AsWritten)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


class _AsWritten(GenerateJsonSchema):
    """Defaults in the words of the file: pydantic would write a severity inside of one as its number."""

    def encode_default(self, dft: Any) -> Any:
        return plain(dft)


def _complaints(error: ValidationError, kind: type[Any], text: str, name: str) -> Iterator[str]:
    for detail in error.errors():
        # Parts such as `is-instance[Severity]` name a branch of the validator, not a key of the file.
        path = [part for part in detail["loc"] if "[" not in str(part)]
        what = _complaint(detail, kind, path)
        if what:
            yield f"{place(text, name, path)}: {what}"


def _complaint(detail: "ErrorDetails", kind: type[Any], path: Sequence[str | int]) -> str:
    key = ".".join(map(str, path)) or "the file"
    match detail["type"]:
        case "unexpected_keyword_argument":
            close = get_close_matches(str(path[-1]), _keys_at(kind, path[:-1]), 1)
            return f"{key} is not a known key" + (f" (did you mean {close[0]}?)" if close else "")
        case "string_type" if isinstance(detail["input"], (int, float, date)):
            return f"{key}: should be text; put quotes around {detail['input']}"
        case "dataclass_type" | "dict_type" | "mapping_type":
            return f"{key}: should be a mapping, `key: value`"
        case "tuple_type":
            return f"{key}: should be a list"
        case "is_instance_of":
            return ""
        case _:
            return f"{key}: {detail['msg'].replace('Input should be', 'should be')}"


def _keys_at(kind: Any, path: Sequence[str | int]) -> list[str]:
    """The keys that the settings know at a place."""
    for part in path:
        kind = get_args(kind)[0] if isinstance(part, int) else get_type_hints(kind).get(part)
    return [field.name for field in fields(kind)] if is_dataclass(kind) else []


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
