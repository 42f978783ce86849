"""Where findings about the nodes of a project point: into its files, as they stand at head."""

import difflib
from dataclasses import dataclass, field
from pathlib import Path

from governance.checks.dbt_audit import ProjectAudit
from governance.finding import Location, Position
from governance.syntax.dbt.declared import declared, declared_at, properties
from governance.syntax.dbt.failures import failed_at
from governance.syntax.dbt.graph import Node
from governance.syntax.dbt.places import Places

_LARGEST = 5_000_000
_PROPERTIES = (".yml", ".yaml")


@dataclass
class SourcePlaces:
    """Places in the files of one project. `workdir` is the checkout of head, or "" where there is none."""

    project: ProjectAudit
    workdir: str = ""
    _places: dict[str, Places] = field(default_factory=dict)

    def text(self, path: str) -> str:
        """The text of a file of the project; "" for one that is not there, or is none to be read."""
        whole = self.project.path(path)
        changed = next((change.head.text for change in self.project.changes if change.path == whole), "")
        file = Path(self.workdir) / whole
        if changed or not self.workdir or file.is_symlink() or not file.is_file():
            return changed
        return file.read_text("utf-8", "replace") if file.stat().st_size <= _LARGEST else ""

    def of(self, node: Node) -> Location:
        """Where a node stands: its file, or the item of a properties file that declares a test."""
        path = self.project.path(node.path)
        if not node.path.endswith(_PROPERTIES):
            return Location(path)
        document = properties(self.text(node.path))
        return Location(path, declared_at(document, declared(node, self._owner(node))))

    def in_sql(self, node: Node, start: Position | None, end: Position | None = None) -> Location:
        """Where a place of a node's rendered SQL comes from."""
        if node.path.endswith(_PROPERTIES) or start is None:
            return self.of(node)
        if node.key not in self._places:
            self._places[node.key] = Places(self.text(node.path), node.sql)
        places = self._places[node.key]
        found = places.at(start) or self._same_line(node, start)
        until = places.until(end) if end else None
        path = self.project.path(node.path)
        return Location(path, found, until if found and until and _follows(until, found) else None)

    def of_failure(self, node: Node, message: str) -> Location:
        """Where a node does not build, or cannot be rendered, as far as dbt or DuckDB names the place."""
        if node.path.endswith(_PROPERTIES):
            return self.of(node)
        if node.sql:
            return self.in_sql(node, failed_at(message, node.sql))
        return Location(self.project.path(node.path), failed_at(message, self.text(node.path)))

    def _owner(self, node: Node) -> str:
        assert self.project.state is not None
        nodes, attached = self.project.state.head.nodes, node.facts.get("attached") or ""
        return nodes[attached].name if attached in nodes else ""

    def _same_line(self, node: Node, start: Position) -> Position | None:
        """The line of the template that is the same, where the template is no sequence of pieces."""
        rendered, lines = node.sql.splitlines(), self.text(node.path).splitlines()
        matcher = difflib.SequenceMatcher(a=rendered, b=lines, autojunk=False)
        for block in matcher.get_matching_blocks():
            if block.a < start.line <= block.a + block.size:
                return Position(block.b + start.line - block.a, start.column)
        return None


def _follows(end: Position, start: Position) -> bool:
    return (end.line, end.column) > (start.line, start.column)
