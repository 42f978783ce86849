"""A second opinion: where the engine's own parser is at hand, both readings must name the same things."""

from collections.abc import Iterator

from sqlglot import exp

from governance.syntax.sql.calls import calls
from governance.syntax.sql.functions import Effect, function_table
from governance.syntax.sql.kinds import Kind
from governance.syntax.sql.names import table_names
from governance.syntax.sql.native import native_reading
from governance.syntax.sql.script import Problem, Script, Trouble

_COMPARED = (Kind.QUERY, Kind.WRITE)
_WRITES = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into)


def disagreements(script: Script) -> Iterator[Problem]:
    """Where the engine's own parser sees more statements, tables or calls with an effect than we do.

    What the engine cannot parse it cannot run, so its refusal is no disagreement.
    """
    if not script.statements or any(s.kind not in _COMPARED or s.tree is None for s in script.statements):
        return  # Refused, or permitted as a whole, by its kind; there is no reading of ours to compare.
    native = native_reading(script)
    if native is None or native.error:
        return
    if native.statements != len(script.statements):
        yield _problem(script, f"the engine sees {native.statements} statements")
    if native.writes and not any(True for statement in script.statements for _ in statement.all(*_WRITES)):
        yield _problem(script, "the engine sees a statement that writes")
    if unseen := frozenset(t for t in native.tables - _tables(script) if not _navigates(script, t)):
        yield _problem(script, f"the engine sees the table {', '.join(sorted(unseen))}")
    if unseen := frozenset(name for name in native.functions - _calls(script) if not _pure(script, name)):
        yield _problem(script, f"the engine sees a call of {', '.join(sorted(unseen))}")


def _problem(script: Script, seen: str) -> Problem:
    return Problem(
        Trouble.DISAGREEMENT, f"{seen}, which our reading of the text does not", 0, len(script.text)
    )


def _tables(script: Script) -> frozenset[str]:
    """All names that may stand for a table, with and without their qualifiers, CTEs among them."""
    found: set[str] = set()
    for statement in script.statements:
        for table in table_names(statement):
            found.update(".".join(table.parts[start:]) for start in range(len(table.parts)))
        for cte in statement.all(exp.CTE):
            found |= {cte.alias, cte.alias.lower()}
    return frozenset(found)


def _navigates(script: Script, name: str) -> bool:
    """Whether it is a column of a table alias in FROM, which Redshift unnests and PostgreSQL lacks."""
    redshift = script.dialect is not None and script.dialect.name == "redshift"
    alias = name.partition(".")[0]
    return redshift and any(t.alias.lower() == alias for s in script.statements for t in s.all(exp.Table))


def _calls(script: Script) -> frozenset[str]:
    return frozenset(c.name.rpartition(".")[2] for statement in script.statements for c in calls(statement))


def _pure(script: Script, name: str) -> bool:
    """The grammar turns some operators into calls that nobody wrote; those only compute."""
    return script.dialect is not None and function_table(script.dialect).effect(name.lower()) is Effect.PURE
