"""Which values of a YAML file are notes below `meta`, whatever their keys are called."""

from governance.syntax.dbt import DbtKind


def below_meta(keys: tuple[str, ...], kind: DbtKind) -> bool:
    """Whether one of the keys that lead to a value is dbt's `meta`; a folder may be called so as well."""
    return "+meta" in keys or (kind is DbtKind.PROPERTIES and "meta" in keys)
