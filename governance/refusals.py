"""Policies that are refused although they are well formed: names that mean nothing, gates switched off."""

import math
import re
from collections.abc import Callable, Iterable, Iterator

from governance.database_url import variable_named
from governance.errors import InvalidInput, InvalidPolicy
from governance.finding import Severity, Verdict
from governance.policy import CHECKS, FAULT_SEVERITIES, PROFILES, Policy
from governance.syntax.dialect import dialect_named

At = Callable[[str], str]
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OURS = frozenset({"HOME", "LANG", "PATH", "TMPDIR", "TZ", "USER"})


def refuse_unknown(policy: Policy, at: At) -> None:
    """Raises InvalidPolicy for a name or a number that means nothing; `at` says where a key stands."""
    if policy.version != 1:
        raise InvalidPolicy(f"{at('version')} {policy.version} is not known", "This release reads version 1.")
    if policy.sql.profile not in PROFILES:
        known = f"Use one of {', '.join(PROFILES)}."
        raise InvalidPolicy(f"{at('sql.profile')}: no profile is called {policy.sql.profile!r}", known)
    try:
        dialect_named(policy.sql.dialect)
    except InvalidInput as error:
        raise InvalidPolicy(f"{at('sql.dialect')}: {error.message}", error.remedy) from error
    for key, variable in (("sql", policy.sql.connection), ("dbt", policy.dbt.connection)):
        try:
            variable_named(variable or "NONE")
        except InvalidInput as error:
            raise InvalidPolicy(f"{at(f'{key}.connection')}: {error.message}", error.remedy) from error
    refuse_environment(policy.dbt.environment, at("dbt.environment"))
    strange = sorted(set(policy.required) - set(CHECKS))
    if strange:
        known = f"Known are {', '.join(CHECKS)}."
        raise InvalidPolicy(f"{at('required')}: no check is called {', '.join(strange)}", known)
    for key, value in _bounds(policy):
        if not 0 < value < math.inf:
            raise InvalidPolicy(f"{at(key)} must be above zero, not {value}", "Leave it out, or raise it.")
    if not policy.rules:
        return
    from governance.catalog import known_codes  # imports every rule: only when a policy names some

    unknown = sorted(set(policy.rules) - known_codes())
    if unknown:
        known = "`governance rules` lists the codes."
        raise InvalidPolicy(f"{at(f'rules.{unknown[0]}')}: no rule {', '.join(unknown)}", known)


def refuse_environment(names: Iterable[str], place: str) -> None:
    """Raises InvalidPolicy for a name that is none, or that the worker itself lives by."""
    for name in names:
        if not _VARIABLE.fullmatch(name):
            raise InvalidPolicy(
                f"{place}: {name!r} is no name of a variable", "Use letters, digits and underscores."
            )
        if name in _OURS or name.startswith(("LD_", "PYTHON")):
            raise InvalidPolicy(f"{place}: {name} is the worker's own", "Give the template another name.")


def _bounds(policy: Policy) -> Iterator[tuple[str, float]]:
    yield "dbt.timeout", policy.dbt.timeout
    yield "dbt.rows", policy.dbt.rows
    yield "infra.timeout", policy.infra.timeout
    yield "limits.artifact_bytes", policy.limits.artifact_bytes
    yield "limits.check_seconds", policy.limits.check_seconds
    yield "outputs.minimum_rows + 1", policy.outputs.minimum_rows + 1
    yield "outputs.samples + 1", policy.outputs.samples + 1


def refuse_unsafe(policy: Policy, at: At) -> None:
    """A policy may soften a gate that could not judge to `review`, never to a pass."""
    ladder = [policy.verdicts.of(severity) for severity in Severity]
    if ladder != sorted(ladder) or policy.verdicts.critical is not Verdict.BLOCK:
        raise InvalidPolicy(
            f"{at('verdicts')} must rise with severity and end in block",
            "For example: verdicts: {medium: review, high: block, critical: block}.",
        )
    softened = [
        f"rules.{code}"
        for code, severity in policy.rules.items()
        if severity < Severity.MEDIUM <= FAULT_SEVERITIES.get(code, severity)
    ]
    if policy.trace.missing < Severity.MEDIUM:
        softened.append("trace.missing")
    if softened:
        also = f" (nor can {', '.join(softened[1:])})" if softened[1:] else ""
        raise InvalidPolicy(
            f"{at(softened[0])} cannot be set below medium{also}: what was not judged is not a pass",
            "Use medium, which asks for review.",
        )
