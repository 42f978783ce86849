"""What the names that a template mentions would do when it is rendered.

Names come from dbt's context (`context.txt`), from the macros that dbt and its adapters bring
(`builtins.txt`, made by `regenerate`), and from the macros of the project. A name from nowhere is unknown.
"""

import re
from collections.abc import Callable, Mapping
from enum import IntEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from governance.syntax.dbt.aliases import MUTATORS
from governance.syntax.dbt.template import Mention, Template


class Effect(IntEnum):
    """What rendering a mention does, from nothing to anything."""

    PURE = 0
    READS = 1
    UNKNOWN = 2
    RUNS = 3
    DYNAMIC = 4


_QUERIES = frozenset({"run_query", "statement"})
_OBJECTS = frozenset(
    {
        *("model", "graph", "target", "flags", "config", "this", "invocation_args_dict", "modules"),
        *("selected_resources", "pre_hooks", "post_hooks"),
    }
)
_TYPES = frozenset({"dict", "set"})
_OPAQUE = frozenset(
    {
        *("this", "api", "ref", "source", "config", "modules", "exceptions", "self", "log", "var", "env_var"),
        *("cycler", "joiner", "lipsum", "namespace", "dict", "range", "zip", "caller", "return", "doc"),
    }
)
"""Objects and functions: a computed subscript on one of them picks an attribute, for there are no items."""
# fmt: off
_MODULES = {
    "datetime": {"date", "datetime", "time", "timedelta", "tzinfo"},
    "pytz": {
        "timezone", "utc", "UTC", "country_timezones", "country_names", "all_timezones", "common_timezones",
        "all_timezones_set", "common_timezones_set", "AmbiguousTimeError", "InvalidTimeError",
        "NonExistentTimeError", "UnknownTimeZoneError", "BaseTzInfo", "FixedOffset",
    },
    "re": {*re.__all__},
    "itertools": {
        "count", "cycle", "repeat", "accumulate", "chain", "compress", "islice", "starmap", "tee",
        "zip_longest", "product", "permutations", "combinations", "combinations_with_replacement",
    },
}
# fmt: on
_LOOKUPS = frozenset({"get", "items", "values", "keys", "copy", "pop", "popitem", "setdefault", "update"})
_STARTS_QUERY = re.compile(r"\s*[(\s]*(select|with|from|values)\b", re.IGNORECASE)

MacroEffects = Callable[[str], Effect | None]


def effect_of(mention: Mention, macros: MacroEffects) -> Effect:
    """What rendering this mention would do."""
    path = mention.path
    known = context()
    if path[-1] in MUTATORS and _holds_settings(mention):
        return Effect.RUNS
    if path[-1] == "[]" and mention.called and (mention.origin or path[0] != ""):
        return Effect.DYNAMIC
    if path[0] in _OPAQUE and path[1:2] == ("[]",):
        return Effect.DYNAMIC
    if path[0] == "modules":
        return _module(path[1:])
    if path[0] == "":  # bound by the template itself, unless it hides a name that does more than text
        path = path[1:]
        if path[0] != "adapter" and known.get(path[0], Effect.PURE) is Effect.PURE:
            return Effect.PURE
    if known.get(path[0]) is Effect.DYNAMIC:
        if len(path) == 1 or path[1] == "[]" or path[1] in _LOOKUPS:
            return Effect.DYNAMIC
        path = path[1:]
    if path[0] == "dbt" and len(path) > 1:
        path = path[1:]
    if path[0] == "[]":
        return Effect.DYNAMIC
    if path[0] == "adapter":
        return _adapter(path[1:], mention, macros)
    if path == ("config",) and not mention.called:
        return Effect.DYNAMIC  # handed on, it can set a hook under another name
    if path[0] in _QUERIES and is_query(mention.sql.text):
        return Effect.READS
    return known[path[0]] if path[0] in known else _macro(path, macros)


def _holds_settings(mention: Mention) -> bool:
    """Whether what is changed is one of dbt's own objects, by its name, an alias or as settings of a node."""
    root, *inside = mention.path if mention.path[0] else mention.path[1:]
    own = mention.path[0] != "" and root in (_OBJECTS | _TYPES if inside else _OBJECTS)
    return own or mention.origin != "" or "config" in inside


def is_query(sql: str) -> bool:
    """Whether SQL from a template, with stand-ins for its computed parts, does nothing but query."""
    import sqlglot
    from sqlglot import exp

    if not _STARTS_QUERY.match(sql):
        return False
    try:
        trees = [tree for tree in sqlglot.parse(sql, dialect="duckdb") if tree is not None]
    except Exception:  # what cannot be parsed is not known to be a query
        return False
    writing = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Into, exp.Command)
    return bool(trees) and all(isinstance(tree, exp.Query) and not tree.find(*writing) for tree in trees)


def _module(path: tuple[str, ...]) -> Effect:
    """dbt lends templates a few names of a few modules; handed on as a whole nobody sees which."""
    if not path:
        return Effect.DYNAMIC
    offered = path[0] in _MODULES and (len(path) == 1 or path[1] in _MODULES[path[0]])
    return Effect.PURE if offered else Effect.RUNS


def _adapter(path: tuple[str, ...], mention: Mention, macros: MacroEffects) -> Effect:
    if not path or path[0] == "[]":
        return Effect.DYNAMIC
    if path[0] == "dispatch":
        name = mention.keywords.get("macro_name") or (mention.args[0] if mention.args else None)
        return _dispatched(name.text, macros) if name and name.known else Effect.DYNAMIC
    return context().get(f"adapter.{path[0]}", Effect.RUNS)


def dispatched(name: str) -> str:
    """The key under which `macro_effects` holds all that a dispatch to a name may come to."""
    return f"dispatch:{name}"


def _dispatched(name: str, macros: MacroEffects) -> Effect:
    """The effect of whichever implementation of a macro the warehouse calls for."""
    own, other = macros(name), macros(dispatched(name))
    found = (builtin(name) if own is None else own, other)
    return max((effect for effect in found if effect is not None), default=Effect.UNKNOWN)


def _macro(path: tuple[str, ...], macros: MacroEffects) -> Effect:
    """The effect of `macro` or `package.macro`; the project's own win over dbt's."""
    known = [macros(name) for name in path[:2]]
    found = [effect for effect in known if effect is not None]
    if not found:
        found = [effect for name in path[:2] if (effect := builtin(name)) is not None]
    return max(found, default=Effect.UNKNOWN)


def builtin(name: str) -> Effect | None:
    """The effect of a macro that dbt brings; `postgres__drop_relation` counts as `drop_relation`."""
    table = builtins()
    plain = name.rpartition("__")[2] if "__" in name else name
    return table.get(name, table.get(plain))


@cache
def builtins() -> Mapping[str, Effect]:
    """dbt's own macros by name."""
    return _table("builtins.txt")


@cache
def context() -> Mapping[str, Effect]:
    """The names of dbt's context, and the adapter's methods as `adapter.<method>`."""
    return _table("context.txt")


def _table(file: str) -> dict[str, Effect]:
    lines = (Path(__file__).parent / file).read_text("utf-8").splitlines()
    pairs = (line.split() for line in lines if line and not line.startswith("#"))
    return {name: Effect[effect.upper()] for name, effect in pairs}


def macro_effects(
    templates: Mapping[str, Template], reviewed: Mapping[str, Effect] = MappingProxyType({})
) -> dict[str, Effect]:
    """The effect of each macro defined in the templates, followed through their calls to each other.

    Those `reviewed` have the effect that is told of them, under whichever prefix.
    """
    calls: dict[str, list[Mention]] = {}
    for template in templates.values():
        for name in template.macros:
            calls.setdefault(name, []).extend(m for m in template.mentions if f"macro:{name}" in m.within)
    effects = dict.fromkeys(calls, Effect.PURE)
    behind = {name: [dispatched(plain) for plain in _implements(name)] for name in calls}
    effects |= dict.fromkeys((key for keys in behind.values() for key in keys), Effect.PURE)
    changed = True
    while changed:  # effects only grow, so this ends
        changed = False
        for name, mentions in calls.items():
            own = max((_within_macro(m, effects) for m in mentions), default=Effect.PURE)
            own = reviewed.get(name.rpartition("__")[2], own)
            for key in (name, *behind[name]):
                if own > effects[key]:
                    effects[key], changed = own, True
    return effects


def _implements(name: str) -> list[str]:
    """The macros that one may be an implementation of: `tidy` for `snowflake__tidy`."""
    parts = name.split("__")
    return ["__".join(parts[number:]) for number in range(1, len(parts))]


def _within_macro(mention: Mention, effects: Mapping[str, Effect]) -> Effect:
    if mention.path[0] == "" and mention.path[1] in effects:
        return effects[mention.path[1]]  # a macro of the same file
    return effect_of(mention, effects.get)
