"""Text that dbt pastes into SQL as it is: how it would leave its place there, and what it would do in it."""

import re
from collections.abc import Iterator

from governance.finding import Severity
from governance.rules.dbt.statement import Grade, shorten

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_LITERAL = re.compile(r"'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)")
_STATEMENT = re.compile(r";\s*(?:\w|\(|#|--|/\*)")
_CALLED = re.compile(r"[\w.]+(?=\s*\()")
_COMMENT = re.compile(r"--|/\*")
_ACTS = frozenset(
    {"SQL010", "SQL011", "SQL012", "SQL013", "SQL014", "SQL101", "SQL103", "SQL104", "SQL106", "SQL107"}
)


def without_templates(value: str) -> str:
    """The text with a name in the place of each template in it."""
    return _TEMPLATE.sub("x", value)


def escape(value: str) -> Grade | None:
    """How a value leaves its place, whether that stands between quotes or not; `None` when it does not."""
    text = without_templates(value)
    readings = [text, *(f"{quote}{text}{quote}" for quote in ("'", '"') if quote in text)]
    return max(filter(None, map(_escape, readings)), key=lambda grade: grade.severity, default=None)


def hidden_escape(part: str) -> Grade | None:
    """How a part of a computed value may leave the value's place, wherever it comes to stand in it."""
    if ";" in part:
        return Grade(Severity.HIGH, "may end the statement that it is put into and begin another")
    return escape(part)


def _escape(text: str) -> Grade | None:
    code = _LITERAL.sub("x", text)
    if _STATEMENT.search(code):
        return Grade(Severity.HIGH, "ends the statement that it is put into and begins another")
    if "*/" in code:
        return Grade(Severity.HIGH, "closes the comment that it is put into")
    if _COMMENT.search(code):
        return Grade(Severity.MEDIUM, "turns what stands behind it into a comment")
    if any(depth < 0 for depth in _depths(code)):
        return Grade(Severity.MEDIUM, "closes a parenthesis that it has not opened")
    return None


def _depths(code: str) -> Iterator[int]:
    depth = 0
    for sign in re.findall(r"[()]", code):
        depth += 1 if sign == "(" else -1
        yield depth


def action(value: str, dialect: str) -> Grade | None:
    """What an expression would do besides computing, in the words of the SQL gate; `None` for nothing."""
    from governance.statements import examine_sql
    from governance.syntax.sql.context import SqlContext

    text = without_templates(value)
    if "(" not in text:
        return None
    calls = ", ".join(f"{name}()" for name in _CALLED.findall(text))
    for sql in (f"select ({text})", f"select {calls}"):  # a type or an order is no expression, but may call
        found = [f for f in examine_sql(sql, SqlContext(dialect)) if f.code in _ACTS]
        if found:
            return Grade(Severity.HIGH, f"would act: {shorten(found[0].message)}")
    return None
