"""DBT009: a macro takes the place of one of dbt's own."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, case
from governance.syntax.dbt.effects import builtin, context

_NAMING = ("generate_schema_name", "generate_alias_name", "generate_database_name")
_STRATEGY = re.compile(r"(\w+__)?(get_incremental_\w+_sql|snapshot_\w+_strategy)")


class BuiltinShadowed(Rule[DbtChange]):
    """A macro takes the place of one of dbt's own.

    dbt prefers the project's macro to its own of the same name, so every model, test or
    materialization that relies on it changes at once: a `test unique` that never fails, a
    `generate_schema_name` that points at production.
    """

    code, name, severity = "DBT009", "builtin-shadowed", Severity.HIGH
    category = "screen"
    remedy = "Give the macro a name of its own, and call it where it is meant."
    good = (case("macros/a.sql", None, "{% macro cents(c) %}{{ c }} / 100{% endmacro %}"),)
    bad = (
        case("macros/a.sql", None, "{% macro generate_schema_name(n, node) %}prod{% endmacro %}"),
        case("macros/a.sql", None, "{% test unique(model, column_name) %}select 1 where false{% endtest %}"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each macro named like a built-in, or like one that a package looks up, that is new or changed."""
        for name, place in subject.new_macros.items():
            plain = name.partition(":")[2] or name
            what = _replaced(name, plain) or _preferred(plain, subject)
            if what:
                yield self.finding(what, subject.at(place, plain), quote=plain)


def _replaced(name: str, plain: str) -> str:
    """What a macro of this name takes the place of, in words; empty when of nothing."""
    if name.startswith("materialization:"):
        return f"materialization {plain} decides how relations are built and replaced"
    if name.startswith(("docs:", "snapshot:")):
        return ""
    if name.startswith("test:"):
        return f"every test {plain} would run this query instead of dbt's own" if plain in _TESTS else ""
    if _STRATEGY.fullmatch(plain):
        return f"{plain} decides with which statements models or snapshots are built"
    if plain in context() or builtin(plain) is not None or plain.endswith(_NAMING):
        return f"{plain} replaces dbt's own macro for the whole project"
    return ""


def _preferred(plain: str, subject: DbtChange) -> str:
    """What `default__star` of the project does, where a package looks for an implementation of `star`."""
    adapter, _, name = plain.partition("__")
    of_package = {macro.replace("test:", "test_") for macro in subject.project.packaged}
    installed = "dbt_packages/" in subject.path
    if adapter and name and not installed and {name, plain, f"default__{name}"} & of_package:
        return f"{plain} is preferred to the {name} of a package"
    return ""


_TESTS = frozenset({"unique", "not_null", "accepted_values", "relationships"})
