"""DBT024: a setting carries SQL that does more than the setting is for."""

from collections.abc import Iterable, Iterator

from governance.finding import Finding, Location, Severity
from governance.rule import Rule
from governance.rules.dbt.fragment import action, escape, hidden_escape, without_templates
from governance.rules.dbt.statement import Grade, grade, shorten
from governance.syntax.dbt import DbtChange, DbtKind, Text, Value, case
from governance.syntax.dbt.template import HOOKS
from governance.syntax.dbt.yaml import normal

_PROSE = frozenset(
    {
        *("description", "label", "tags", "meta", "docs", "owner", "url", "maturity", "group", "email"),
        *("config_version", "version", "vars", "doc_blocks", "deprecation_date"),
    }
)
_PROSE_OF_TESTS = frozenset({"description", "meta", "tags"})
_TESTS = frozenset({"tests", "data_tests"})


class SqlInSetting(Rule[DbtChange]):
    """A setting carries SQL that does more than the setting is for.

    dbt pastes settings such as `unique_key`, `where`, `data_type` or `updated_at` into its own
    statements as they are, and many of these appear in no compiled file. A value that ends the
    statement begins another one with dbt's rights.
    """

    code, name, severity = "DBT024", "sql-in-setting", Severity.HIGH
    category = "screen"
    remedy = "Write a plain name or expression; put statements into models or reviewed migrations."
    good = (
        case("models/a.sql", None, "{{ config(unique_key=['id', 'day']) }}select 1 as id, 2 as day"),
        case(
            "models/a.yml", None, "models:\n  - name: a\n    tests: [{x: {where: \"day > '2026-01-01'\"}}]\n"
        ),
    )
    bad = (
        case("models/a.sql", None, "{{ config(unique_key='id; drop table t') }}select 1 as id"),
        case(
            "models/a.yml",
            None,
            "models:\n  - name: a\n    tests: [{x: {where: '1=1) t; drop table u --'}}]\n",
        ),
        case(
            "models/a.sql", None, "{{ config(incremental_predicates=['pg_sleep(9) is null']) }}select 1 as id"
        ),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each new value, outside of prose, that leaves its place in dbt's SQL or acts within it."""
        for value in subject.new_values:
            if value.keys[:1] == ("vars",) and _is_statement(value.text):
                message = f"variable {value.key} is a whole statement: `{shorten(value.text)}`"
                yield self.finding(message, subject.at(value.start), quote=value.text)
            elif not _is_aside(value, subject.kind):
                yield from self._told(value, _grade(value, subject), subject.at(value.start))

    def check_parsed(
        self, settings: Iterable[Value], before: Iterable[Value], place: Location, dialect: str
    ) -> Iterator[Finding]:
        """The same of a node's settings as dbt has parsed them, whatever template they come from."""
        known = {(value.keys, value.text) for value in before}
        for value in settings:
            if (value.keys, value.text) not in known and not _is_aside(value, DbtKind.PROPERTIES):
                yield from self._told(value, escape(value.text) or action(value.text, dialect), place)

    def _told(self, value: Value, found: Grade | None, place: Location) -> Iterator[Finding]:
        if found:
            message = f"{value.key}: `{shorten(value.text)}` {found.words}"
            yield self.finding(message, place, quote=value.text, severity=found.severity)


def _is_aside(value: Value, kind: DbtKind) -> bool:
    """Whether a value is not for SQL, or is a hook, of which another rule tells."""
    return _is_prose(value, kind) or bool(HOOKS.intersection(map(normal, value.keys)))


def _is_prose(value: Value, kind: DbtKind) -> bool:
    """Whether one of dbt's own keys says that the value is not for SQL.

    A column, a folder, an argument of a test may have such a name as well, and is none.
    """
    prose = _PROSE
    for number, key in enumerate(value.keys):
        folder = kind is DbtKind.PROJECT and 0 < number < len(value.keys) - 1 and not key.startswith("+")
        if normal(key) in prose and not folder:
            return True
        if normal(key) in _TESTS:
            prose = _PROSE_OF_TESTS
        elif normal(key) == "column_types" or (normal(key) == "arguments" and prose is _PROSE_OF_TESTS):
            return False
    return False


def _grade(value: Value, subject: DbtChange) -> Grade | None:
    if value.keys[:1] == ("unit_tests",) and "rows" in value.keys and not _is_query(value, subject):
        return None  # dbt escapes the rows of a unit test
    if value.part:
        return hidden_escape(value.text)
    if _is_query(value, subject):
        whole = grade(Text(without_templates(value.text).strip().rstrip(";")), subject.dialect)
        reads = whole.severity is Severity.MEDIUM
        return None if reads else Grade(whole.severity, "is to be a query, and it is none that only reads")
    return escape(value.text) or action(value.text, subject.dialect)


def _is_statement(text: str) -> bool:
    """Whether text reads as a statement that changes something, and not as a sentence."""
    from sqlglot import errors, exp, parse

    defining = (exp.Create, exp.Drop, exp.Alter, exp.TruncateTable)
    changing = (exp.Insert, exp.Update, exp.Delete, exp.Merge, *defining)
    if " " not in text.strip() or grade(Text(text), "duckdb").severity is not Severity.CRITICAL:
        return False
    try:
        trees = parse(text)
    except errors.SqlglotError:
        return False
    return any(isinstance(tree, changing) for tree in trees)


def _is_query(value: Value, subject: DbtChange) -> bool:
    beside = subject.head.document.entries.get((*value.path[:-1], "format"))
    return value.key == "loaded_at_query" or (
        value.key == "rows" and beside is not None and beside.value == "sql"
    )
