"""What a statement that destroys something hits besides: what a schema holds, and what is built from it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from governance.finding import Finding, Position
from governance.syntax.dialect import Dialect
from governance.syntax.sql.context import Readers
from governance.syntax.sql.names import parts_of, same_table, split_name
from governance.syntax.sql.script import Script, Statement

NAMED = 3
_DESTROYS = "SQL4"  # codes of the rules about what is lost begin so
_CHANGES = (exp.Drop, exp.TruncateTable, exp.Alter, exp.Create, exp.Delete, exp.Update, exp.Insert, exp.Merge)
_TARGETS = ("this", "tables", "expressions")
Parts = tuple[str, ...]


def with_readers(findings: list[Finding], script: Script) -> list[Finding]:
    """The same findings; those about what is destroyed also name what it holds and what is built from it."""
    context, dialect = script.context, script.dialect
    known = context.readers or context.schema
    if not known or dialect is None or not any(f.code.startswith(_DESTROYS) for f in findings):
        return findings
    schemas = any(not _is_table(target) for s in script.statements for target in _targets(s))
    held = _Hanging({table: (table,) for table in context.schema or ()} if schemas else {}, dialect)
    built = _Hanging(context.readers, dialect)
    hits = [
        (s.location.start, held.named(s, "it holds", only_schemas=True) + built.named(s, "built from it"))
        for s in script.statements
    ]
    return [_naming(f, hits) if f.code.startswith(_DESTROYS) else f for f in findings]


def _naming(finding: Finding, hits: list[tuple[Position | None, str]]) -> Finding:
    """The finding with what its statement hits: the last statement that begins before it."""
    hit = [hit for start, hit in hits if _before(start, finding.location.start)][-1:]
    return replace(finding, message=f"{finding.message}{hit[0]}") if any(hit) else finding


def _before(start: Position | None, at: Position | None) -> bool:
    return start is None or at is None or (start.line, start.column) <= (at.line, at.column)


class _Hanging:
    """What hangs on tables in one dialect, found by the table or by the schema that holds it."""

    def __init__(self, readers: Readers, dialect: Dialect) -> None:
        self._dialect = dialect
        self._tables: defaultdict[str, list[tuple[Parts, tuple[str, ...]]]] = defaultdict(list)
        self._schemas: defaultdict[str, list[tuple[Parts, tuple[str, ...]]]] = defaultdict(list)
        for table, names in readers.items():
            parts = split_name(table, dialect)
            for place, of in ((self._tables, parts), (self._schemas, parts[:-1])):
                if of:
                    place[of[-1]].append((of, names))

    def named(self, statement: Statement, how: str, only_schemas: bool = False) -> str:
        """In words, some of what hangs on the tables that a statement changes, and how many more."""
        targets = (t for t in _targets(statement) if not (only_schemas and _is_table(t)))
        hit = list(dict.fromkeys(name for target in targets for name in self._of(target)))
        more = f" and {len(hit) - NAMED} more" if len(hit) > NAMED else ""
        return f"; {how}: {', '.join(hit[:NAMED])}{more}" if hit else ""

    def _of(self, target: exp.Table) -> Iterator[str]:
        parts = parts_of(target, self._dialect)
        place = self._tables if _is_table(target) else self._schemas
        for name, names in place.get(parts[-1] if parts else "", ()):
            if same_table(name, parts):
                yield from names


def _is_table(target: exp.Table) -> bool:
    """Whether a target is a table; a schema stands in the tree as a table without a name."""
    return isinstance(target.this, exp.Identifier)


def _targets(statement: Statement) -> Iterator[exp.Table]:
    """The tables that are changed themselves; those that are only read for it are not."""
    for node in statement.all(*_CHANGES):
        for key in _TARGETS:
            value = node.args.get(key)
            for item in value if isinstance(value, list) else [value]:
                target = item.this if isinstance(item, exp.Schema) else item
                if isinstance(target, exp.Table):
                    yield target
