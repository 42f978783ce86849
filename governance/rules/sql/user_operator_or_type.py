"""The rule `user-operator-or-type`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script, Statement

# Types of well-known extensions, which only check and compare their values.
_KNOWN_TYPES = {
    *("citext", "geometry", "geography", "ltree", "hstore", "vector", "oid", "cidr", "macaddr", "macaddr8"),
    *("tsvector", "tsquery", "point", "line", "lseg", "box", "path", "polygon", "circle", "xid", "pg_lsn"),
    *("int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange", "jsonpath", "refcursor"),
    *(
        "hugeint",
        "uhugeint",
        "varint",
        "raw",
        "rowid",
        "urowid",
        "clob",
        "nclob",
        "blob",
        "sysname",
        "hierarchyid",
    ),
    *(
        "text",
        "string",
        "number",
        "real",
        "bignum",
        "signed",
        "unsigned",
        "integer",
        "name",
        "varbyte",
        "super",
    ),
    *("sql_variant", "smalldatetime", "money", "smallmoney", "uniqueidentifier", "bpchar"),
    *("sys.odcinumberlist", "sys.odcivarchar2list", "sys.odcidatelist"),
}


_SAMPLING = {"bernoulli", "system", "block", "row", "reservoir", "system_rows", "system_time"}


class UserOperatorOrType(Rule[Script]):
    """The query uses an operator or a type of somebody's own making.

    Both run functions: an operator calls one for each row, a cast to a domain runs its checks.
    """

    code, name, severity = "SQL105", "user-operator-or-type", Severity.HIGH
    remedy = "Use a built-in operator or type."
    good = (("select '1'::int, 'x'::citext", {"dialect": "postgres"}), "select a::varchar from t")
    bad = (
        ("select 1 operator(public.@@@) 2", {"dialect": "postgres"}),
        ("select 'x'::evil_domain", {"dialect": "postgres"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each operator given by name and each type that is not built in."""
        for statement in subject.statements:
            for node in statement.all(exp.Operator):
                yield self._finding(statement, node, f"the operator {node.args.get('operator')}")
            for sample in statement.all(exp.TableSample):
                method = sample.args.get("method")
                if isinstance(method, exp.Expr) and method.name.lower() not in _SAMPLING:
                    yield self._finding(statement, sample.parent or sample, f"the sampling {method.name}")
            for kind in statement.all(exp.DataType):
                named = _own_type(kind)
                if named and named.lower() not in _KNOWN_TYPES:
                    yield self._finding(statement, kind.parent or kind, f"the type {named}")

    def _finding(self, statement: Statement, node: exp.Expr, what: str) -> Finding:
        message = f"{what} is not built in, and using it runs code that nobody has seen here"
        return self.finding(message, statement.at(node), quote=statement.quote(node)[:200])


def _own_type(node: exp.DataType) -> str:
    if node.this != exp.DType.USERDEFINED:
        return ""
    kind = node.args.get("kind")
    return kind.sql() if isinstance(kind, exp.Expr) else str(kind or "unknown")
