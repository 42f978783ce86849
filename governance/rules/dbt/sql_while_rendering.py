"""DBT001: a template runs SQL while it is rendered."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.rules.dbt.statement import grade
from governance.syntax.dbt import DbtChange, case

_RUNNERS = frozenset({"run_query", "statement"})


class SqlWhileRendering(Rule[DbtChange]):
    """A template runs SQL while it is rendered.

    `dbt compile`, `dbt docs` and `dbt ls` render templates, so the statement runs on the warehouse
    long before anybody reads the compiled SQL, in which it leaves no trace.
    """

    code, name, severity = "DBT001", "sql-while-rendering", Severity.HIGH
    category = "screen"
    remedy = "Write the statement as a model, a snapshot or a test, or run it as a reviewed migration."
    good = (case("models/a.sql", None, "select * from {{ ref('b') }}"),)
    bad = (
        case("models/a.sql", None, "{% do run_query('drop table raw.orders') %}select 1 as a"),
        case(
            "macros/a.sql",
            None,
            "{% macro a() %}{% call statement('x') %}delete from t{% endcall %}{% endmacro %}",
        ),
        case(
            "macros/a.sql",
            "{% macro a() %}select 1{% endmacro %}",
            "{% macro a() %}drop table t{% endmacro %}",
            ("macros/b.sql", *2 * ("{% macro b() %}{% do run_query(a()) %}{% endmacro %}",)),
        ),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each new mention of run_query or statement, graded by its SQL, and macros whose words such run."""
        for name, start in subject.new_macros.items():
            if name in subject.project.run:
                message = f"a macro runs what macro {name} says, which is new or different"
                yield self.finding(message, subject.at(start, name), quote=name)
        for mention in subject.new_mentions:
            runner = next((part for part in mention.path if part in _RUNNERS), "")
            if not runner:
                continue
            place = subject.at(mention.start, runner)
            if not mention.called:
                message = f"{runner} is handed on under another name, so what it runs cannot be read"
                yield self.finding(message, place, quote=mention.name)
                continue
            verdict = grade(mention.sql, subject.dialect)
            message = f"{runner} would run {verdict.words} while dbt renders this file"
            yield self.finding(
                message, place, quote=mention.sql.text or mention.name, severity=verdict.severity
            )
