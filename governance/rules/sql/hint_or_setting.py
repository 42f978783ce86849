"""The rule `hint-or-setting`."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax import sql as syntax
from governance.syntax.sql import Script, Statement, Trouble

_LONGEST_HINT = 1_000
_MODIFIERS = {"STRAIGHT_JOIN", "SQL_SMALL_RESULT", "SQL_BIG_RESULT"}
_OPTIONS = {
    *("recompile", "maxdop", "maxrecursion", "fast", "force order", "hash join", "loop join", "merge join"),
    *("hash group", "order group", "concat union", "hash union", "merge union", "expand views", "keep plan"),
    *(
        "keepfixed plan",
        "robust plan",
        "optimize for",
        "optimize for unknown",
        "label",
        "no_performance_spool",
    ),
    *("ignore_nonclustered_columnstore_index", "max_grant_percent", "min_grant_percent"),
}
# T-SQL's FOR XML and FOR JSON.
_FORMS_OF_OUTPUT = {
    *("path", "auto", "raw", "explicit", "root", "type", "elements", "elements xsinil", "elements absent"),
    *("binary base64", "include_null_values", "without_array_wrapper", "xmlschema", "xmldata"),
}


class HintOrSetting(Rule[Script]):
    """A query carries settings of its own, or hints that steer the server.

    ClickHouse takes `SETTINGS readonly = 0` inside a SELECT; a hint can set variables or ask for every
    core. The limits that the connection sets would no longer hold.
    """

    code, name, severity = "SQL019", "hint-or-setting", Severity.HIGH
    remedy = "Remove the hint or setting, or set it on the connection."
    good = (
        "select * from orders /* a comment */",
        ("select 1 /*+ no hint here */", {"dialect": "sqlite"}),
        ("select /*+ broadcast(u) */ t.a from t join u on t.id = u.id", {"dialect": "databricks"}),
    )
    bad = (
        ("select 1 settings readonly = 0", {"dialect": "clickhouse"}),
        ("select /*+ SET_VAR(max_execution_time=0) */ 1", {"dialect": "mysql"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each hint and each list of settings."""
        for problem in subject.problems:
            if problem.trouble is Trouble.HINT and not _plans(subject.text[problem.start : problem.end]):
                quote = subject.text[problem.start : problem.end][:200]
                place = subject.location(problem.start, problem.end)
                yield self.finding("this comment steers how the server runs the query", place, quote=quote)
        for statement in subject.statements:
            yield from self._settings(statement)

    def _settings(self, statement: Statement) -> Iterator[Finding]:
        for node in statement.every(exp.Query):
            for setting in node.args.get("settings") or ():
                text = statement.quote(setting)
                message = f"{text} would replace the limits of the connection"
                yield self.finding(message, statement.at(setting), quote=text)
            for modifier in node.args.get("operation_modifiers") or ():
                if modifier.name.upper() in _MODIFIERS:
                    continue
                message = f"{modifier.name} steers how the server runs the query"
                yield self.finding(message, statement.at(node), quote=modifier.name)
        for option in statement.all(exp.QueryOption):
            said = option.this.this.name if isinstance(option.this, exp.XMLKeyValueOption) else option.name
            known = _FORMS_OF_OUTPUT if isinstance(option.parent, exp.ForClause) else _OPTIONS
            if said.lower() not in known:
                message = f"the option {said} steers how the server runs the query"
                yield self.finding(message, statement.location, quote=said)


def _plans(comment: str) -> bool:
    """Whether a hint names nothing but ways to find the same rows."""
    if len(comment) > _LONGEST_HINT:
        return False
    body = comment.strip("/*-+ \t\n")
    while (bare := _ARGUMENTS.sub(" ", body)) != body:
        body = bare
    return set(re.split(r"[\s,]+", body.lower().strip())) <= _plan_hints()


@cache
def _plan_hints() -> frozenset[str]:
    lines = (Path(syntax.__file__).parent / "tables" / "hints.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


_ARGUMENTS = re.compile(r"\([^()]*\)")
