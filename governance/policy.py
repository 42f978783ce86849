"""The policy: what a team allows, as one frozen value read from `governance.yml`, with waivers.

Everything has a default, so an absent file is a strict policy. Unknown keys are errors. The policy
that judges a change is always the one of the base revision, never of the change itself.
"""

import datetime
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.errors import InvalidInput, InvalidPolicy
from governance.fault import FAULTS
from governance.finding import Severity, Verdict
from governance.visibility import Visibility

if TYPE_CHECKING:
    from governance.syntax.dbt.relations import Relations

POLICY_FILE = "governance.yml"
CHECKS = ("sql", "dbt-screen", "dbt-impact", "dbt-build", "outputs", "infra", "trace")
PROFILES = ("read", "model", "write", "migrate")
Tables = Mapping[str, Mapping[str, str]]
Readers = Mapping[str, tuple[str, ...]]
_STRICT = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Which verdict a finding of each severity leads to. Must not fall as severity rises."""

    __pydantic_config__ = _STRICT

    info: Verdict = Verdict.PASS
    low: Verdict = Verdict.PASS
    medium: Verdict = Verdict.REVIEW
    high: Verdict = Verdict.BLOCK
    critical: Verdict = Verdict.BLOCK

    def of(self, severity: Severity) -> Verdict:
        """The verdict for a severity."""
        verdict: Verdict = getattr(self, str(severity))
        return verdict


@dataclass(frozen=True, slots=True)
class SqlPolicy:
    """What SQL may do."""

    __pydantic_config__ = _STRICT

    dialect: str = "duckdb"
    """Dialect of SQL files and statements that do not name their own."""
    profile: str = "read"
    """What a statement may do: read, model, write or migrate."""
    tables: tuple[str, ...] | None = None
    """Tables that statements may touch; leave out to allow every table."""
    functions: tuple[str, ...] = ()
    """Functions of your own that are known to be free of side effects."""
    schema: str | tuple[str, ...] | Tables = ""
    """Tables, their columns and types: written here, or files named from the policy file: YAML, JSON, or
    the manifest.json and catalog.json that dbt writes. A table without columns has unknown ones."""
    readers: Readers = field(default_factory=dict)
    """What is built from a table, such as `orders: [the sales dashboard]`; named when the table would be
    destroyed. A manifest in `schema` adds its own."""
    connection: str = ""
    """Environment variable with the URL of a PostgreSQL or MariaDB server, which prepares each statement
    of its dialect that nothing else blocks, and runs none."""
    personal: tuple[str, ...] = ()
    """Columns with personal data, as table.column; a statement that shows one is a finding."""
    partitions: tuple[str, ...] = ()
    """Columns by which tables are partitioned, as table.column; a query must filter on one of a table's."""

    @property
    def known_tables(self) -> Tables | None:
        """The tables of `schema`; `None` when none are known. Raises InvalidPolicy."""
        schema = self.resolved().schema
        return schema if isinstance(schema, Mapping) else None

    def resolved(self, read: Callable[[str], str] | None = None) -> "SqlPolicy":
        """The same with the files of `schema` read, by `read` or from disk. Raises InvalidPolicy."""
        if not self.schema or isinstance(self.schema, Mapping):
            return self
        tables: dict[str, Mapping[str, str]] = {}
        readers: dict[str, tuple[str, ...]] = {}
        for file in (self.schema,) if isinstance(self.schema, str) else self.schema:
            relations = _relations((read or file_text)(file), file)
            tables |= {table: columns or tables.get(table, {}) for table, columns in relations.tables.items()}
            readers |= relations.readers
        return replace(self, schema=tables, readers={**readers, **self.readers})


@dataclass(frozen=True, slots=True)
class DbtPolicy:
    """How dbt changes are judged."""

    __pydantic_config__ = _STRICT

    render: bool = True
    """Render and build in the jailed worker; when off, changed models are unknown and need review."""
    build: bool = True
    """Build what changed and run its tests; when off, the verdict rests on the rendered SQL alone."""
    cache: str = "~/.cache/governance/dbt"
    """Where what is known of a base is kept, so that it is parsed once; empty: nowhere."""
    dialect: str = ""
    """The SQL that models are written in; else `sql.dialect` where it is set, else told from the models."""
    allow_without_jail: bool = False
    """Render even where the kernel offers neither namespaces nor Landlock."""
    timeout: float = 120.0
    """Seconds that one worker may take."""
    packages: str = ""
    """The folder that `dbt deps` has filled: beside each dbt_project.yml of the work tree, as `dbt_packages`
    is, or anywhere by its whole path. Nothing is fetched; who can write there decides what packages say."""
    vars: Mapping[str, Any] = field(default_factory=dict)
    """Variables of dbt, as `--vars` takes them."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What `env_var()` finds. The gate's own environment never reaches a template; a variable that neither
    this nor the template gives a value has its own name for one."""
    manifest: str = ""
    """The manifest.json that production runs from, read as files of `sql.schema` are. Its tables join that
    schema, and its columns those of sources that the project does not list. Only changes between two
    revisions are judged by it; it must be of a project in the repository."""
    columns: Tables = field(default_factory=dict)
    """Columns and types of sources by dbt's unique id, such as `source.shop.raw.orders: {id: integer}`, where
    the project does not list them. A manifest adds its own."""
    connection: str = ""
    """Environment variable with the URL of the warehouse that holds the sources: PostgreSQL, MariaDB, SQLite
    or a DuckDB file. Rows of sources that base declares are read from it for the build; without it rows are
    made up."""
    rows: int = 10_000
    """How many rows of each source are read at most."""


@dataclass(frozen=True, slots=True)
class OutputPolicy:
    """How the data that a change produces is validated."""

    __pydantic_config__ = _STRICT

    validate: bool = True
    """Run Great Expectations on what the changed models produce."""
    minimum_rows: int = 1
    """Fewer rows than this prove nothing, which is a finding."""
    samples: int = 0
    """How many values that fail an expectation are kept as evidence, without secrets; none by default."""


@dataclass(frozen=True, slots=True)
class InfraPolicy:
    """How infrastructure code is judged."""

    __pydantic_config__ = _STRICT

    scanners: tuple[str, ...] = ("ruff", "hadolint", "zizmor", "shellcheck")
    """Scanners to run on the files they know; a listed one that is missing is a finding."""
    timeout: float = 30.0
    """Seconds that one scanner may take."""


@dataclass(frozen=True, slots=True)
class TracePolicy:
    """What a trace must offer."""

    __pydantic_config__ = _STRICT

    missing: Severity = Severity.MEDIUM
    """Severity of an agent's change without a trace; medium at least."""
    reasoning: Visibility | None = None
    """Least visibility of reasoning that is accepted: full or summary; leave out to accept any."""
    redact: bool = True
    """Replace secrets in the trace before it is stored."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what the gate is willing to read and how long it waits."""

    __pydantic_config__ = _STRICT

    artifact_bytes: int = 5_000_000
    """A larger artifact is not judged, which is a finding."""
    check_seconds: float = 300.0
    """A check that takes longer counts as failed."""


@dataclass(frozen=True, slots=True)
class LedgerPolicy:
    """Where evidence is kept."""

    __pydantic_config__ = _STRICT

    url: str = ""
    """SQLAlchemy URL of the ledger; by default SQLite in the user's data folder."""
    bodies: str = ""
    """Folder (any fsspec path) for traces and artifacts; by default beside the SQLite ledger."""


@dataclass(frozen=True, slots=True)
class SigningPolicy:
    """Who may sign decisions."""

    __pydantic_config__ = _STRICT

    key: str = ""
    """File with the Ed25519 private key; GOVERNANCE_KEY in the environment wins over it."""
    trust: str = ".governance/trust.json"
    """File in the repository that lists the public keys to trust."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person's word that one finding is accepted for a while."""

    __pydantic_config__ = _STRICT

    fingerprint: str
    """The finding's fingerprint, as every report prints it."""
    author: str
    """Who accepts it."""
    reason: str
    """Why; every report repeats it."""
    expires: datetime.date
    """Last day on which the waiver holds."""
    path: str = ""
    """The file it is about; when it is in the change and nothing matches, the waiver is unused."""


@dataclass(frozen=True)
class Policy:
    """What a team allows. `Policy()` is the strict default."""

    __pydantic_config__ = _STRICT

    version: int = 1
    """Version of this format; 1 is the only one."""
    verdicts: Verdicts = Verdicts()
    rules: Mapping[str, Severity] = field(default_factory=dict)
    """Severity by rule code, where the default does not fit, for example `SQL014: low`."""
    governed: tuple[str, ...] = (
        "*.sql", "*.yml", "*.yaml", "*.py", "*.tf", "*.sh", "Dockerfile", "*.dockerfile", "*.csv",
    )  # fmt: skip
    """Patterns of the files that need evidence before they are merged."""
    required: tuple[str, ...] = ()
    """Checks that every change must have gone through: sql, dbt-screen, dbt-impact, dbt-build, outputs, infra
    or trace. A change that gives such a check nothing to do is held too."""
    sql: SqlPolicy = SqlPolicy()
    dbt: DbtPolicy = DbtPolicy()
    outputs: OutputPolicy = OutputPolicy()
    infra: InfraPolicy = InfraPolicy()
    trace: TracePolicy = TracePolicy()
    limits: Limits = Limits()
    ledger: LedgerPolicy = LedgerPolicy()
    signing: SigningPolicy = SigningPolicy()
    waivers: tuple[Waiver, ...] = ()
    """Findings that a person accepts for a while."""

    @classmethod
    def load(cls, path: str | Path) -> "Policy":
        """Read a policy file. Raises InvalidPolicy naming file, place and cure."""
        return cls.parse(file_text(str(path)), str(path), partial(file_text, folder=Path(path).parent))

    @classmethod
    def parse(cls, text: str, name: str = POLICY_FILE, read: Callable[[str], str] | None = None) -> "Policy":
        """Read a policy from YAML text. Raises InvalidPolicy naming file, place and cure.

        `read` returns the text of a file that the policy names, so that the policy of a revision
        is judged by files of the same revision, and its digest covers what they say.
        """
        from governance.refusals import refuse_unknown, refuse_unsafe
        from governance.settings import place, read_settings  # pydantic and YAML cost 0.2 s to import

        policy = read_settings(Policy, text, name)

        def at(key: str) -> str:
            return f"{place(text, name, key.split('.'))}: {key}"

        refuse_unknown(policy, at)
        refuse_unsafe(policy, at)
        return policy if read is None else replace(policy, sql=policy.sql.resolved(read))

    @staticmethod
    def schema() -> dict[str, Any]:
        """JSON Schema of the policy file, with the meaning of every key."""
        from governance.settings import settings_schema

        return settings_schema(Policy)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the policy's meaning: formatting and comments do not change it.

        Waivers and the places of the ledger, the key and the cache are left out: they say who accepted
        what and where things are kept, not what is allowed.
        """
        meaning = asdict(self)
        for key in ("waivers", "ledger", "signing"):
            del meaning[key]
        del meaning["dbt"]["cache"]
        return hashlib.sha256(json.dumps(_words(meaning), sort_keys=True).encode()).hexdigest()


def _relations(text: str, file: str) -> "Relations":
    """What a schema file says, in its own form or as dbt writes it. Raises InvalidPolicy."""
    from governance.syntax.dbt.relations import Relations, dbt_relations

    try:
        of_dbt = dbt_relations(text, file)
    except InvalidInput as error:
        raise InvalidPolicy(error.message, error.remedy) from error
    return of_dbt or Relations(_plain_tables(text, file))


def _plain_tables(text: str, file: str) -> Tables:
    from governance.settings import read_settings

    try:
        tables: Tables = read_settings(dict[str, dict[str, str]], text, file)
    except InvalidPolicy as error:
        shape = "A schema file reads `table: {column: type}`; check sql.schema in the policy, or --schema."
        raise InvalidPolicy(error.message, shape) from error
    return tables


def file_text(file: str, folder: Path = Path()) -> str:
    """The text of a file that a policy names. Raises InvalidPolicy."""
    try:
        return (folder / file).read_text("utf-8")
    except OSError as error:
        raise InvalidPolicy(f"{file}: cannot be read: {error.strerror}", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise InvalidPolicy(f"{file}: not UTF-8 text (byte {error.start})", "Save it as UTF-8.") from error


def _words(value: Any) -> Any:
    """Grades as their names: a number in a digest would change when a grade is added."""
    if isinstance(value, Mapping):
        return {str(key): _words(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_words(item) for item in value]
    return value if value is None or type(value) in (bool, int, float) else str(value)


FAULT_SEVERITIES = {fault.code: fault.severity for fault in FAULTS}
