"""Every function call of a statement, by the name it was written with rather than the parser's own."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from governance.syntax.sql.functions import Effect, function_table
from governance.syntax.sql.script import Statement
from governance.syntax.sql.shapes import shapes


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the name as written in lower case, its effect (`None`: unknown) and its place."""

    name: str
    effect: Effect | None
    start: int
    end: int
    node: exp.Expr | None = None


def calls(statement: Statement) -> list[Call]:
    """All calls, those in the tree first, then those that the tree has lost."""
    found: list[Call] | None = statement.notes.get("calls")
    if found is None:
        found = statement.notes["calls"] = [
            *_in_tree(statement),
            *_bare(statement),
            *_packaged(statement),
            *_handed(statement),
            *_lost(statement),
        ]
    return found


def arguments(call: Call) -> list[exp.Expr]:
    """The arguments of a call, in the order written where the parser keeps it."""
    if call.node is None:
        return []
    args: list[exp.Expr] = []
    for key, value in call.node.args.items():
        if key == "this" and isinstance(call.node, exp.Anonymous):
            continue
        args.extend(v for v in (value if isinstance(value, list) else [value]) if isinstance(v, exp.Expr))
    return args


def _in_tree(statement: Statement) -> Iterator[Call]:
    forms = shapes(statement.script.context.profile).forms
    hints = {id(node) for hint in statement.all(exp.Hint, exp.WithTableHint) for node in hint.walk()}
    for node in statement.every(exp.Func):
        if id(node) in hints:
            continue  # A hint runs nothing; the rules about hints and locks look at it.
        if isinstance(node, exp.Anonymous) and _is_grammar(node):
            continue
        if isinstance(node, exp.Apply) and isinstance(node.expression, exp.Var):
            yield _call(statement, node.expression.name.lower(), *statement.span(node), None)
        start = node.meta.get("start")
        if start is not None:
            yield _written(statement, node, start, node.meta["end"] + 1)
        elif type(node).__name__ not in forms:
            begin, end = statement.span(node)
            yield _call(statement, _own_name(node), begin, end, node)


def _is_grammar(node: exp.Anonymous) -> bool:
    """`x <> ALL (…)` and `PARTITION BY RANGE (…)`: words of the grammar that the parser takes for calls."""
    if node.args.get("quoted") or isinstance(node.this, exp.Identifier):
        return False
    name, parent = node.name.lower(), node.parent
    if isinstance(parent, exp.PartitionedByProperty):
        return name in ("range", "list", "hash")
    compares = isinstance(parent, (exp.Binary, exp.Predicate)) and parent.args.get("expression") is node
    return compares and name in ("all", "any", "some")


def _bare(statement: Statement) -> Iterator[Call]:
    """Functions that are called by a reserved word alone, which the parser takes for columns."""
    dialect = statement.script.dialect
    words = _RESERVED.get(dialect.name, frozenset()) if dialect else frozenset()
    for node in statement.all(exp.Column) if words else ():
        name = node.name.lower()
        if name in words and not node.table and not node.this.args.get("quoted"):
            yield _call(statement, name, *statement.span(node), node)


def _handed(statement: Statement) -> Iterator[Call]:
    """Functions that ClickHouse is handed by bare name, `arrayMap(f, a)`, where no alias is called f."""
    dialect = statement.script.dialect
    if dialect is None or dialect.name != "clickhouse":
        return
    aliases: set[str] | None = None
    for node in statement.every(exp.Func):
        handed = _first_of(node)
        if not isinstance(handed, exp.Column) or handed.table:
            continue
        if aliases is None:
            aliases = {alias.alias_or_name.lower() for alias in statement.all(exp.Alias, exp.CTE)}
        if handed.name.lower() not in aliases:
            yield _call(statement, handed.name.lower(), *statement.span(handed), handed)


def _first_of(node: exp.Func) -> object:
    """What stands where a function of a function takes that function."""
    if isinstance(node, (exp.Transform, exp.ArrayFilter)):
        return node.args.get("expression")
    if not isinstance(node, exp.Anonymous) or node.name.lower() not in _OF_FUNCTIONS:
        return None
    given = node.expressions
    return given[0] if len(given) > 1 and not isinstance(given[1], exp.Lambda) else None


def _packaged(statement: Statement) -> Iterator[Call]:
    """Oracle calls a function without arguments by its name alone: `pkg.f` when no source is called pkg."""
    dialect = statement.script.dialect
    if dialect is None or dialect.name != "oracle":
        return
    known: dict[int, set[str]] = {}
    for node in statement.all(exp.Column):
        words = [part.name.lower() for part in node.parts]
        if len(words) > 1 and words[-1] not in _OF_SEQUENCE and not _has_source(node, set(words[:-1]), known):
            yield _call(statement, ".".join(words), *statement.span(node), node)


def _has_source(node: exp.Expr, qualifiers: set[str], known: dict[int, set[str]]) -> bool:
    """Whether one of these names stands for a source of rows in a query around the node."""
    at = node.parent
    while at is not None:
        if isinstance(at, (exp.Hint, exp.MatchRecognize, exp.Pivot)):
            return True  # Table names, the names of a pattern's variables, and of a pivot's source.
        if isinstance(at, (exp.Query, exp.DML)):
            if id(at) not in known:
                known[id(at)] = _sources(at)
            if qualifiers & known[id(at)]:
                return True
        at = at.parent
    return False


def _sources(query: exp.Expr) -> set[str]:
    keys = ("from_", "joins", "laterals", "this", "using")
    found: list[object] = []
    for key in keys:
        value = query.args.get(key)
        found.extend(value if isinstance(value, list) else [value])
    names: set[str] = set()
    for item in found:
        if isinstance(item, (exp.From, exp.Join)):
            item = item.this
        if isinstance(item, exp.Expr):
            names |= {item.alias_or_name.lower(), item.name.lower()}
            names |= {pivot.alias.lower() for pivot in item.args.get("pivots") or ()}
    return names


def _own_name(node: exp.Func) -> str:
    names = type(node).sql_names()
    return str(names[0]).lower() if names else type(node).__name__.lower()


def _written(statement: Statement, node: exp.Expr, start: int, end: int) -> Call:
    text = statement.script.text
    name = text[start:end].strip('"`[]').lower()
    parent = node.parent
    if isinstance(parent, exp.ScopeResolution) and isinstance(parent.this, exp.Expr):
        return _call(statement, f"{parent.this.sql().lower()}::{name}", start, end, node)
    if isinstance(parent, exp.NetFunc):
        return _call(statement, f"net.{name}", start, end, node)
    if not (isinstance(parent, exp.Dot) and parent.expression is node):
        return _call(statement, name, start, end, node)
    left = parent.this
    words = _dotted(left)
    if words is None:
        return _method(statement, name, start, end, node)
    begin = statement.span(left)[0]
    return _call(statement, ".".join((*words, name)), begin, end, node)


def _dotted(node: exp.Expr) -> tuple[str, ...] | None:
    """The words of a qualifier such as `a.b`; `None` when it is anything but names."""
    if isinstance(node, (exp.Identifier, exp.Var)):
        return (node.name.lower(),)
    if isinstance(node, exp.Column):
        return tuple(part.name.lower() for part in node.parts)
    if isinstance(node, exp.Dot):
        left, right = _dotted(node.this), _dotted(node.expression)
        return (*left, *right) if left and right else None
    return None


def _method(statement: Statement, name: str, start: int, end: int, node: exp.Expr) -> Call:
    """A call on a value, `(x).f()`: the same as `f(x)` in DuckDB, a user's own code elsewhere."""
    dialect = statement.script.dialect
    if dialect and dialect.name == "duckdb":
        return _call(statement, name, start, end, node)
    return _call(statement, f"(…).{name}", start, end, node)


def _call(statement: Statement, name: str, start: int, end: int, node: exp.Expr | None) -> Call:
    script = statement.script
    assert script.dialect is not None
    plain = name
    for prefix in _BUILT_IN.get(script.dialect.name, ()):
        plain = plain.removeprefix(prefix)
    if script.dialect.name == "duckdb":
        plain = plain.rpartition(".")[2]  # A method of a column, or a function by its schema.
    effect = function_table(script.dialect).effect(plain)
    if effect is None and name in (f.lower() for f in script.context.functions):
        effect = Effect.PURE
    return Call(name, effect, start, end, node)


# Pseudocolumns of a sequence, which have a rule of their own.
_OF_SEQUENCE = {"nextval", "currval"}
_STANDARD = {
    "current_role",
    "current_user",
    "session_user",
    "current_catalog",
    "current_schema",
    "system_user",
}
_RESERVED = {
    "postgres": frozenset({*_STANDARD, "user"}),
    "redshift": frozenset({*_STANDARD, "user"}),
    "duckdb": frozenset({*_STANDARD, "user"}),
    "tsql": frozenset({*_STANDARD, "user"}),
    "oracle": frozenset({"user", "uid", "ora_invoking_user"}),
    "trino": frozenset({*_STANDARD, "current_path"}),
    "mysql": frozenset({"current_user", "current_role"}),
}
# ClickHouse's functions of functions that the parser has no class for.
_OF_FUNCTIONS = {
    *("arrayall", "arrayavg", "arraycompact", "arraycount", "arraycumsum", "arraycumsumnonnegative"),
    *("arraydifference", "arrayexists", "arrayfill", "arrayfilter", "arrayfirst", "arrayfirstindex"),
    *("arrayfirstornull", "arrayfold", "arraylast", "arraylastindex", "arraylastornull", "arraymap"),
    *("arraymax", "arraymin", "arraypartialreversesort", "arraypartialsort", "arrayproduct"),
    *("arrayreversefill", "arrayreversesort", "arrayreversesplit", "arraysort", "arraysplit", "arraysum"),
    *("mapall", "mapapply", "mapexists", "mapfilter", "mappartialreversesort", "mappartialsort"),
    *("mapreversesort", "mapsort"),
}
_BUILT_IN = {
    "postgres": ("pg_catalog.",),
    "redshift": ("pg_catalog.",),
    "bigquery": ("safe.",),
    "databricks": ("system.builtin.",),
    "oracle": ("sys.",),
    "duckdb": ("main.", "system.main."),
}
# Words that stand before a parenthesis without calling anything, where the parser reads them as names.
_NOT_CALLS = {
    "apply",
    "key",
    "keep",
    "share",
    "columns",
    "nested",
    "path",
    "measures",
    "define",
    "pattern",
    "match",
}


def _lost(statement: Statement) -> Iterator[Call]:
    """Names before a parenthesis that have no node: whatever the parser did with them, they may run."""
    if statement.tree is None:
        return
    known: set[int] | None = None
    tokens = statement.tokens
    for index in range(1, len(tokens)):
        if tokens[index].token_type is not TokenType.L_PAREN:
            continue
        token = tokens[index - 1]
        if token.token_type is not TokenType.VAR:
            continue
        if known is None:
            known = _placed(statement)
        name = token.text.lower()
        if token.start in known or name in _NOT_CALLS:
            continue
        call = _call(statement, name, token.start, token.end + 1, None)
        if call.effect is not None and call.effect is not Effect.PURE:
            yield call


def _placed(statement: Statement) -> set[int]:
    return {
        node.meta["start"]
        for cls, nodes in statement.by_class.items()
        if issubclass(cls, (exp.Func, exp.Identifier))
        for node in nodes
        if "start" in node.meta
    }
