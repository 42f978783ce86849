"""PostgreSQL prepares one statement: it parses it, looks up every name, and neither plans nor executes.

That is the `Parse` message of the protocol alone, of which the server takes one statement and no more.
Functions run when a plan is made (immutable ones) or executed (all others), and neither happens.
"""

import json
from collections import defaultdict
from collections.abc import Iterator

from sqlglot import exp

from governance.syntax.dialect import Fold, folded
from governance.syntax.sql.names import table_names
from governance.syntax.sql.script import Statement
from governance.syntax.sql.server.remark import Remark
from governance.syntax.sql.server.session import session

# `o.name` calls name(o) where the row has no such column. PostgreSQL's own functions are left out: they
# have been reviewed, and `x.count` is more often a column of a subquery.
_CALLED = b"""
select distinct used.name, f.oid::pg_catalog.regprocedure::text
from pg_catalog.jsonb_to_recordset($1::pg_catalog.jsonb) as used (relation text, name text)
join pg_catalog.pg_proc f on f.proname = used.name and f.pronargs > 0 and f.pronargs - f.pronargdefaults < 2
join pg_catalog.pg_type argument on argument.oid = f.proargtypes[0]
where (argument.typtype = 'p' or argument.typtype = 'c' and used.relation is not null)
and f.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace and pg_catalog.pg_function_is_visible(f.oid)
and not exists (
  select from pg_catalog.pg_attribute a
  where a.attrelid = pg_catalog.to_regclass(used.relation) and a.attname = used.name and not a.attisdropped
)
"""
Field = dict[str, str | None]


def remarks(url: str, statement: Statement) -> Iterator[Remark]:
    """Why PostgreSQL refuses a statement, or which functions its columns call. Raises ServerUnavailable."""
    fields = _fields(statement)
    with session(url) as asked:
        refusal = asked.prepare(statement.script.text[statement.start : statement.end])
        called = asked.query(_CALLED, [json.dumps(fields).encode()]) if fields and not refusal else []
    if refusal:
        yield Remark(refusal.reason, *_token_at(statement, statement.start + refusal.offset))
    for name, function in called:
        for column in statement.all(exp.Column):
            if column.table and _name(column.this) == name:
                yield Remark(f"{column.sql()} is no column", *statement.span(column), calls=function)


def _fields(statement: Statement) -> list[Field]:
    """Each qualified column: its name, and the stored table that its qualifier may stand for, if any."""
    stored: defaultdict[str, set[str | None]] = defaultdict(set)
    for table in table_names(statement):
        alias = table.node.args.get("alias")
        called = _name(alias.this) if alias and alias.this else table.name
        stored[called].add(".".join('"' + part.replace('"', '""') + '"' for part in table.parts))
    trusted = {name.lower() for name in statement.script.context.functions}
    used = {
        (relation, _name(column.this))
        for column in statement.all(exp.Column)
        if column.table and column.name.lower() not in trusted
        for relation in stored.get(_name(column.args["table"]), {None})
    }
    return [{"relation": relation, "name": name} for relation, name in used]


def _name(identifier: exp.Expr) -> str:
    return folded(identifier.name, bool(identifier.args.get("quoted")), Fold.LOWER)


def _token_at(statement: Statement, place: int) -> tuple[int, int]:
    """The token that begins at a place, or all of the statement where none does."""
    ends = (token.end + 1 for token in statement.tokens if token.start == place)
    end = next(ends, None)
    return (place, end) if end else (statement.start, statement.end)
