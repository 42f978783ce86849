"""Writes `builtins.txt` anew from the installed dbt and its adapters; run it with `python -m`."""

from pathlib import Path

from governance.syntax.dbt.effects import Effect, macro_effects
from governance.syntax.dbt.jinja import read_template

# Reviewed by hand: they run statements of dbt's own that only look things up.
_LOOKUPS = {
    "check_schema_exists",
    "collect_freshness",
    "convert_datetime",
    "dates_in_range",
    "get_catalog",
    "get_catalog_relations",
    "get_column_schema_from_query",
    "get_columns_in_relation",
    "get_intervals_between",
    "get_table_columns_and_constraints",
    "list_relations_without_caching",
    "list_schemas",
    "noop_statement",
    "partition_range",
}
_HEADER = "# dbt's own macros and what rendering a call of each does, as `regenerate` found it.\n"


def regenerate() -> str:
    """The table of dbt's own macros; of an adapter's variants the one with the most effect counts."""
    import dbt.include

    files = [file for root in dbt.include.__path__ for file in sorted(Path(root).glob("*/macros/**/*.sql"))]
    templates = {str(file): read_template(file.read_text("utf-8")) for file in files}
    broken = {name: template.problem for name, template in templates.items() if template.problem}
    if broken:
        raise SystemExit(f"unreadable: {broken}")
    names: dict[str, Effect] = {}
    effects = macro_effects(templates, dict.fromkeys(_LOOKUPS, Effect.READS))
    for name, effect in effects.items():
        if name.startswith("dispatch:"):
            continue
        plain = name.rpartition("__")[2] or name
        names[plain] = max(names.get(plain, Effect.PURE), effect)
    return _HEADER + "".join(f"{name} {effect.name.lower()}\n" for name, effect in sorted(names.items()))


if __name__ == "__main__":
    (Path(__file__).parent / "builtins.txt").write_text(regenerate(), "utf-8")
