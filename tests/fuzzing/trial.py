"""One trial: a text that a seed and a number make, its verdict, and what is wrong with that verdict."""

import re
import time
from dataclasses import dataclass
from random import Random

import sqlglot
from sqlglot.errors import SqlglotError

from governance.fault import RULE_CRASHED
from governance.finding import Finding, Severity
from governance.statements import examine_sql
from governance.syntax.dialect import Dialect, dialect_named
from governance.syntax.sql import DIALECTS, Profile, SqlContext
from governance.syntax.sql.lexer import Part, blanked, scan
from tests.fuzzing.mutations import harmed, mutated
from tests.fuzzing.seeds import seeds
from tests.fuzzing.texts import deep, fragments, noise, sentence
from tests.fuzzing.witnesses import sight

SLOW = 1.0  # seconds of processor time that no verdict may take, and a little for each character
SLOW_CHARACTER = 4e-6
NAMES = [dialect.name for dialect in DIALECTS]
WITNESSED = ("postgres", "duckdb", "sqlite")
KINDS = {"corpus": 40, "harm": 24, "sentence": 26, "fragments": 6, "noise": 4, "deep": 0.05}
_SOURCE = re.compile(r"(?:from|join)\s+([\w.]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried and what came of it; `flaw` is empty when all is well.

    `odd` says that an engine's own parser refuses what passed: it runs nothing, so that is no flaw.
    """

    number: int
    kind: str
    text: str
    context: SqlContext
    seconds: float
    passed: bool
    flaw: str = ""
    odd: bool = False


def trial(seed: int, number: int, folder: str = "") -> Trial:
    """The trial of this number; the same seed, number and folder make the same text again."""
    rng = Random(f"{seed}/{number}")
    kind = rng.choices(tuple(KINDS), tuple(KINDS.values()))[0]
    text, context = _text(kind, rng, folder)
    try:
        findings, seconds = _timed(text, context)
        if seconds > (
            allowed := SLOW + SLOW_CHARACTER * len(text)
        ):  # once more: on a busy machine the processor's time holds waiting for its caches
            seconds = min(seconds, _timed(text, context)[1], _timed(text, context)[1])
    except Exception as error:  # the very thing that must never happen
        return Trial(number, kind, text, context, 0.0, False, f"raised {type(error).__name__}: {error}")
    passed = all(finding.severity < Severity.MEDIUM for finding in findings)
    flaw, odd = _crash(findings), False
    if not flaw and seconds > allowed:
        flaw = f"took {seconds:.1f} s"
    if not flaw and passed and kind != "deep":
        flaw, odd = _wrong_pass(text, context)
    return Trial(number, kind, text, context, seconds, passed, flaw, odd)


def _timed(text: str, context: SqlContext) -> tuple[list[Finding], float]:
    began = time.process_time()
    findings = examine_sql(text, context)
    return findings, time.process_time() - began


def _text(kind: str, rng: Random, folder: str) -> tuple[str, SqlContext]:
    dialect = rng.choice(WITNESSED if rng.random() < 0.5 else NAMES)
    made = {"sentence": sentence, "fragments": fragments, "noise": noise, "deep": deep}
    scope: tuple[str, ...] | None = rng.choice((None, ("orders", "customers")))
    if kind in made:
        text = made[kind](rng)
        if kind == "sentence" and rng.random() < 0.3:
            text = mutated(text, sentence(rng), rng)
    else:
        honest, harmful = seeds(True, folder), seeds(False, folder)
        begin = rng.choice(honest if kind == "harm" or rng.random() < 0.7 else harmful)
        other = rng.choice(rng.choice((honest, harmful)))
        dialect = begin.dialect if rng.random() < 0.8 else dialect
        scope = scope and tuple(dict.fromkeys(name.lower() for name in _SOURCE.findall(begin.sql)))[:9]
        text = harmed(begin.sql, rng) if kind == "harm" else begin.sql
        if kind == "corpus" or rng.random() < 0.7:
            text = mutated(text, other.sql, rng)
    profile = Profile.READ if rng.random() < 0.9 else rng.choice(tuple(Profile))
    tables = scope and tuple(name for name in scope if "secret" not in name)
    personal = ("orders.a", "customers.email", "t.a") if rng.random() < 0.1 else ()
    return text, SqlContext(dialect, profile, tables, personal=personal)


def _crash(findings: list[Finding]) -> str:
    """An exception that the net caught is still one that a rule or the reader should not have raised."""
    for finding in findings:
        if finding.code == RULE_CRASHED.code or finding.message.startswith("reading the SQL failed"):
            return f"crash caught: {finding.message}"
    return ""


def _wrong_pass(text: str, context: SqlContext) -> tuple[str, bool]:
    """Why a text that passed should not have, and whether its engine would refuse it anyway."""
    dialect = dialect_named(context.dialect)
    seen = sight(text, dialect.name)
    if seen is not None and seen.refused:
        return "", True
    if seen is not None and context.profile is Profile.READ and (harm := seen.harm(context.tables)):
        return f"passed, and {harm}", False
    return (_unparsed(text, dialect) if seen is None else ""), False


def _unparsed(text: str, dialect: Dialect) -> str:
    """Why sqlglot by itself cannot parse a text, comments read as blanks: `GROUP /**/ BY` is beyond it."""
    comments = [stretch for stretch in scan(text, dialect.lexis) if stretch.part is Part.COMMENT]
    try:
        sqlglot.parse(blanked(text, comments), dialect=dialect.parser)
    except (SqlglotError, RecursionError) as error:
        return f"passed, and does not parse: {str(error).splitlines()[0]}"
    return ""
