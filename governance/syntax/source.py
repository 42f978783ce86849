"""A source file of infrastructure code, before and after the change, parsed once for all rules."""

import ast
from dataclasses import dataclass
from functools import cached_property

from governance.artifact import ArtifactKind
from governance.errors import InvalidInput
from governance.finding import Location, Position
from governance.syntax.dockerfile import Instruction, read_instructions
from governance.syntax.hcl import Block, read_blocks
from governance.syntax.python import read_module


@dataclass(frozen=True)
class SourceFile:
    """One file; `base` is the same file before the change, `None` when it is new."""

    path: str
    kind: ArtifactKind
    text: str
    base: "SourceFile | None" = None

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Top-level blocks of a Terraform file. Raises InvalidInput when it does not parse."""
        is_code = self.kind is ArtifactKind.TERRAFORM and self.path.endswith((".tf", ".hcl"))
        return read_blocks(self.text, self.path) if is_code else ()

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """Instructions of a Dockerfile."""
        return read_instructions(self.text) if self.kind is ArtifactKind.DOCKERFILE else ()

    @cached_property
    def module(self) -> ast.Module:
        """The syntax tree of a Python file, empty for others. Raises InvalidInput as `blocks` does."""
        is_code = self.kind in (ArtifactKind.PYTHON, ArtifactKind.DAG)
        return read_module(self.text, self.path) if is_code else ast.Module([], [])

    def parse(self) -> None:
        """Parse now. Raises InvalidInput when the file is not what its name says."""
        _ = self.blocks, self.module

    def at(self, position: Position) -> Location:
        """A location in this file."""
        return Location(self.path, position)

    def line(self, number: int) -> str:
        """One line of the text, without surrounding blanks."""
        lines = self.text.splitlines()
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    @property
    def base_blocks(self) -> tuple[Block, ...]:
        """Blocks of the file before the change; none when it was new or did not parse."""
        try:
            return self.base.blocks if self.base else ()
        except InvalidInput:
            return ()
