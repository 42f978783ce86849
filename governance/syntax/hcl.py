"""Terraform files as blocks with positions; the only reader of the HCL parser."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from governance.errors import InvalidInput, MissingTool
from governance.finding import Position


@dataclass(frozen=True, slots=True)
class Attribute:
    """One `name = expression`; `text` is the expression as written."""

    name: str
    text: str
    position: Position

    @property
    def literal(self) -> str:
        """The expression without its quotes, for plain strings, numbers and booleans."""
        return self.text.strip().strip('"')


@dataclass(frozen=True, slots=True)
class Block:
    """One block: `resource "aws_s3_bucket" "data" { … }` has type resource and two labels."""

    type: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    blocks: tuple["Block", ...]
    position: Position

    @property
    def address(self) -> str:
        """The name that Terraform's plan uses, such as `aws_s3_bucket.data`."""
        return ".".join(self.labels) or self.type

    def walk(self) -> Iterator["Block"]:
        """This block and every block inside it."""
        yield self
        for block in self.blocks:
            yield from block.walk()

    def inner(self, kind: str) -> Iterator["Block"]:
        """The blocks of one type directly inside."""
        return (block for block in self.blocks if block.type == kind)


def read_blocks(text: str, path: str = "") -> tuple[Block, ...]:
    """The top-level blocks. Raises InvalidInput where the text is not HCL, MissingTool without the parser."""
    try:
        from hcl2 import parses_to_tree
        from lark.exceptions import LarkError
    except ImportError as error:
        raise MissingTool(
            "python-hcl2 is not installed", "pip install 'airflow-governance[infra]'"
        ) from error
    try:
        tree = parses_to_tree(text if text.endswith("\n") else text + "\n")
    except (LarkError, RecursionError, ValueError) as error:
        line = getattr(error, "line", 0)
        place = f"{path}:{line}" if line and line > 0 else path
        raise InvalidInput(
            f"{place}: not valid HCL", "Run `terraform fmt` and mend what it reports."
        ) from error
    body = next(child for child in tree.children if _rule(child) == "body")
    return tuple(_block(child, text) for child in body.children if _rule(child) == "block")


def _block(node: Any, text: str) -> Block:
    names = [child for child in node.children if _rule(child) in ("identifier", "string")]
    body = next((child for child in node.children if _rule(child) == "body"), None)
    inside = body.children if body is not None else []
    attributes = [_attribute(child, text) for child in inside if _rule(child) == "attribute"]
    kind, *labels = (_source(name, text).strip('"') for name in names)
    return Block(
        kind,
        tuple(labels),
        {attribute.name: attribute for attribute in attributes},
        tuple(_block(child, text) for child in inside if _rule(child) == "block"),
        _position(node),
    )


def _attribute(node: Any, text: str) -> Attribute:
    name, value = node.children[0], node.children[-1]
    return Attribute(_source(name, text), _source(value, text), _position(node))


def _rule(node: Any) -> str:
    return str(getattr(node, "data", ""))


def _source(node: Any, text: str) -> str:
    meta = node.meta
    return "" if meta.empty else text[meta.start_pos : meta.end_pos]


def _position(node: Any) -> Position:
    return Position(node.meta.line, node.meta.column)
