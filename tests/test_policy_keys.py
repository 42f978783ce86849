"""Every key of the policy does something: each one changes a verdict or an output, or a test is missing here."""

import datetime
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pytest

from governance.adapters.checkout import FolderTree
from governance.artifact import Artifact, ArtifactKind
from governance.changeset import Authorship, ChangeSet
from governance.errors import GovernanceError, InvalidPolicy
from governance.govern import Gate, build_checks, loose_changeset, policy_at
from governance.keys import SigningKey, Trust
from governance.kind import kind_of
from governance.policy import CHECKS, Policy, Waiver
from governance.publish import verify_branch
from governance.report import render
from governance.trace import Actor, Reasoning, Source, Step, StepKind, Trace, Visibility

SECRET = "AKIAQ3EGRIPEWO5VDNLX"
ODD_CALL = "select my_fn(a) from t"
PRINT = loose_changeset([], ODD_CALL)


@dataclass
class Place:
    """Where an effect is looked for: a folder, a repository, a key."""

    folder: Path
    workshop: Any
    key: SigningKey


Effect = Callable[[Policy, Place], Any]


def verdict(sql: str) -> Effect:
    """The verdict on one statement."""
    return lambda policy, _: str(Gate(policy).check(loose_changeset([], sql)).verdict)


def findings(changeset: ChangeSet, *codes: str) -> Effect:
    """Verdict, and which of these codes are found."""

    def effect(policy: Policy, _: Place) -> tuple[str, list[str]]:
        decision = Gate(policy).check(changeset)
        return str(decision.verdict), [c for c in codes if c in {f.code for f in decision.findings}]

    return effect


def loose(path: str, content: str) -> ChangeSet:
    data = content.encode()
    return ChangeSet((Artifact(path, kind_of(path, data), data),), authorship=Authorship.LOOSE)


def told(*reasoning: Reasoning) -> ChangeSet:
    steps = tuple(
        Step(n, n, StepKind.REASONING, Actor.AGENT, reasoning=thought)
        for n, thought in enumerate(reasoning, 1)
    )
    return ChangeSet((), Trace("t", Source("atif", "agent"), steps))


def says(sql: str, code: str) -> Effect:
    """The message of the finding of this code on one statement."""

    def effect(policy: Policy, _: Place) -> str:
        found = Gate(policy).check(loose_changeset([], sql)).findings
        return next((f.message for f in found if f.code == code), "")

    return effect


DBT = ChangeSet(
    (Artifact("models/a.sql", ArtifactKind.DBT_MODEL, b"select 1 as a\n"),), authorship=Authorship.BY_HAND
)


def because(code: str) -> Effect:
    """The message of the finding of this code on a dbt change without a checkout."""

    def effect(policy: Policy, _: Place) -> str:
        decision = Gate(policy).check(DBT)
        return next((f.message.rpartition("since ")[2] for f in decision.findings if f.code == code), "")

    return effect


def handed(policy: Policy, _: Place) -> tuple[Any, ...]:
    """What dbt is handed; tests/adapters/test_dbt_given.py shows what comes of it."""
    impact = next(check for check in build_checks(policy, DBT) if check.name == "dbt-impact")
    given = impact.audit.options.given  # type: ignore[attr-defined]
    return given.vars, given.environment, given.columns


def known_to_base(policy: Policy, place: Place) -> Any:
    """The tables and the columns that a base knows by its policy, which may name a manifest of that base."""
    sources = {
        "source.shop.raw.orders": {
            "relation_name": '"db"."raw"."orders"',
            "resource_type": "source",
            "columns": {"id": {"name": "id", "data_type": "int"}},
        }
    }
    metadata = {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}
    manifest = {"nodes": {}, "sources": sources, "child_map": {}}
    for name, project in (("good", "shop"), ("foreign", "bank"), ("nameless", None)):
        text = json.dumps({**manifest, "metadata": {**metadata, "project_name": project}})
        place.workshop.write(f"{name}.json", text)
    place.workshop.write("dbt/dbt_project.yml", "name: shop\n")
    place.workshop.write("text.json", "{}")
    place.workshop.write("governance.yml", f"dbt: {{manifest: '{policy.dbt.manifest}'}}\n")
    base = place.workshop.commit("base")
    place.workshop.write("good.json", "{}")  # what the work tree, or a change, says of it does not count
    try:
        found = policy_at(place.workshop.repository, base)
    except GovernanceError as error:
        return error.message
    return found.sql.known_tables, found.dbt.columns


def checks_run(policy: Policy, _: Place) -> list[str]:
    return [report.check for report in Gate(policy).check(DBT).reports if report.check == "outputs"]


def jail_required(policy: Policy, _: Place) -> bool:
    """What the worker is told; tests/adapters/test_jail.py shows what it then does."""
    (impact,) = (check for check in build_checks(policy, DBT) if check.name == "dbt-impact")
    return impact.audit.options.jail_required  # type: ignore[attr-defined]


def audited(policy: Policy, _: Place) -> list[str]:
    return [check.name for check in build_checks(policy, DBT)]


def read_as(policy: Policy, _: Place) -> str:
    """The SQL that dbt's models are said to be in."""
    impact = next(check for check in build_checks(policy, DBT) if check.name == "dbt-impact")
    return str(impact.audit.options.dialect)  # type: ignore[attr-defined]


def packages_from(policy: Policy, _: Place) -> str:
    """The folder of packages; tests/checks/test_dbt_packages.py shows what becomes of it."""
    impact = next(check for check in build_checks(policy, DBT) if check.name == "dbt-impact")
    return str(impact.audit.options.given.packages)  # type: ignore[attr-defined]


def bases_kept(policy: Policy, place: Place) -> str:
    """Where what is known of bases is kept, when the environment says nothing."""
    with patch.dict(os.environ, {"HOME": "/home/ada"}):
        del os.environ["GOVERNANCE_CACHE"]
        impact = next(check for check in build_checks(policy, DBT) if check.name == "dbt-impact")
    return str(impact.audit.options.cache)  # type: ignore[attr-defined]


def governed_files(policy: Policy, place: Place) -> list[str]:
    place.workshop.write("governance.yml", "version: 1\n")
    place.workshop.commit("base")
    place.workshop.run("checkout", "-q", "-b", "agent")
    place.workshop.write("report.sql", "select 1\n")
    place.workshop.write("notes.md", "hello\n")
    place.workshop.commit()
    given = place.folder / "given.yml"
    given.write_text(json.dumps({"governed": list(policy.governed)}))
    return [p.path for p in verify_branch(place.workshop.repository, "main", policy=str(given))]


def proven(policy: Policy, place: Place) -> list[str]:
    """What a branch proves with evidence by a key that only `other.json` names."""
    from governance.govern import branch_changeset
    from governance.ledger.store import Ledger

    place.workshop.write("other.json", Trust({}).with_key(place.key, "tests").to_json())
    place.workshop.write("governance.yml", f"signing: {{trust: {policy.signing.trust}}}\n")
    place.workshop.commit("base")
    place.workshop.run("checkout", "-q", "-b", "agent")
    place.workshop.write("report.sql", "select 1\n")
    place.workshop.commit()
    ledger = Ledger.open(f"sqlite:///{place.folder}/l.db", str(place.folder / "b"))
    with branch_changeset(place.workshop.repository, "main", "agent", None, Authorship.BY_HAND) as changeset:
        Gate(policy, ledger, place.key).decide(changeset)
    proofs = verify_branch(place.workshop.repository, "main", "agent", ledger=ledger)
    return [str(proof.state) for proof in proofs if proof.path == "report.sql"]


def stored(policy: Policy, place: Place) -> bool:
    """Whether the secret of a trace is to be read in the ledger's folder."""
    from governance.ledger.store import Ledger

    ledger = Ledger.open(f"sqlite:///{place.folder}/l.db", str(place.folder / "bodies"))
    leak = told(Reasoning(Visibility.FULL, f"the key is {SECRET}"))
    record = Gate(policy, ledger, place.key).decide(leak)
    trace = ledger.trace(ledger.entry(record.decision_id))
    return SECRET in str(trace)


def kept(name: str) -> Effect:
    """Whether evidence arrives at this place below the folder."""

    def effect(policy: Policy, place: Place) -> bool:
        Gate(policy, key=place.key).decide(PRINT)
        return (place.folder / name).exists()

    return effect


def signer(policy: Policy, place: Place) -> str:
    from governance.ledger.store import Ledger

    place.key.save(str(place.folder / "key.pem"))
    ledger = Ledger.open(f"sqlite:///{place.folder}/l.db", str(place.folder / "bodies"))
    try:
        record = Gate(policy, ledger).decide(PRINT)
    except GovernanceError as error:
        return type(error).__name__
    return "own" if place.key.key_id in json.dumps(record.attestation.envelope) else "other"


def report(word: str) -> Effect:
    return lambda policy, _: word in render(Gate(policy).check(PRINT), PRINT, "text")


MARK = Gate().check(PRINT).findings[0].fingerprint
WAIVER = f"waivers: [{{fingerprint: '{MARK}', author: ada, reason: known, expires: 2999-01-31}}]"


def waived(**changed: str) -> str:
    return "waivers: [" + json.dumps({
        "fingerprint": MARK, "author": "ada", "reason": "known", "expires": "2999-01-31", **changed
    }) + "]"  # fmt: skip


AS_INFO, AS_LOW, AS_MEDIUM = (f"rules: {{SQL102: {word}}}\n" for word in ("info", "low", "medium"))
NO_TRACE = ChangeSet((Artifact("a.sql", ArtifactKind.SQL, b"select 1"),))
HIDDEN = told(Reasoning(Visibility.OMITTED))
ROOT_IMAGE = loose("Dockerfile", "FROM debian:12\nRUN cd /srv && ls\nUSER nobody\n")
LONG = loose("a.sql", " union all ".join(["select a, b, c from t where a = 1"] * 1500))

CASES: list[tuple[str, str, str, Effect, Any, Any]] = [
    # key, policy without it, policy with it, where it shows, what shows without, and with
    ("version", "", "version: 2", verdict("select 1"), "pass", "refused"),
    ("verdicts.info", AS_INFO + "verdicts: {low: review}", AS_INFO + "verdicts: {info: review, low: review}", verdict(ODD_CALL), "pass", "review"),
    ("verdicts.low", AS_LOW, AS_LOW + "verdicts: {low: review}", verdict(ODD_CALL), "pass", "review"),
    ("verdicts.medium", AS_MEDIUM, AS_MEDIUM + "verdicts: {medium: block}", verdict(ODD_CALL), "review", "block"),
    ("verdicts.high", "", "verdicts: {high: review}", verdict(ODD_CALL), "block", "review"),
    ("verdicts.critical", "", "verdicts: {critical: review}", verdict(ODD_CALL), "block", "refused"),
    ("rules", "", "rules: {SQL102: low}", verdict(ODD_CALL), "block", "pass"),
    ("governed", "", "governed: ['*.md']", governed_files, ["report.sql"], ["notes.md"]),
    ("required", "", "required: [trace]", verdict("select 1"), "pass", "block"),
    ("sql.dialect", "", "sql: {dialect: postgres}", verdict("select list_sum([1, 2])"), "pass", "block"),
    ("sql.profile", "", "sql: {profile: write}", verdict("insert into t values (1)"), "block", "pass"),
    ("sql.tables", "", "sql: {tables: [orders]}", verdict("select a from t"), "pass", "block"),
    ("sql.functions", "", "sql: {functions: [my_fn]}", verdict(ODD_CALL), "block", "pass"),
    ("sql.connection", "", "sql: {connection: NO_SUCH_VARIABLE}", verdict("select 1"), "pass", "review"),
    ("sql.partitions", "", "sql: {partitions: [t.day]}", verdict("select a from t"), "pass", "review"),
    ("sql.personal", "", "sql: {personal: [t.a]}", verdict("select a from t"), "pass", "review"),
    ("sql.readers", "", "sql: {readers: {t: [the board]}}", says("drop table t", "SQL403"), "DROP would destroy t and what it holds", "DROP would destroy t and what it holds; built from it: the board"),
    ("sql.schema", "", "sql: {schema: {t: {b: integer}}}", verdict("select a from t"), "pass", "block"),
    ("dbt.render", "", "dbt: {render: false}", because("GOV023"), "there is no checkout of the project at hand", "the policy switches rendering off"),
    ("dbt.allow_without_jail", "", "dbt: {allow_without_jail: true}", jail_required, True, False),
    ("dbt.build", "", "dbt: {build: false}", audited, ["dbt-screen", "dbt-impact", "dbt-build", "outputs"], ["dbt-screen", "dbt-impact"]),
    ("dbt.dialect", "sql: {dialect: snowflake}", "sql: {dialect: snowflake}\ndbt: {dialect: spark}", read_as, "snowflake", "databricks"),
    ("dbt.packages", "", "dbt: {packages: dbt_packages}", packages_from, "", "dbt_packages"),
    ("dbt.cache", "", "dbt: {cache: ''}", bases_kept, "/home/ada/.cache/governance/dbt", "None"),
    ("dbt.vars", "", "dbt: {vars: {day: 2024-01-31}}", handed, ({}, {}, {}), ({"day": datetime.date(2024, 1, 31)}, {}, {})),
    ("dbt.environment", "", "dbt: {environment: {TINY: small}}", handed, ({}, {}, {}), ({}, {"TINY": "small"}, {})),
    ("dbt.columns", "", "dbt: {columns: {source.a.b.c: {id: int}}}", handed, ({}, {}, {}), ({}, {}, {"source.a.b.c": {"id": "int"}})),
    ("dbt.manifest", "", "dbt: {manifest: good.json}", known_to_base, (None, {}), ({'"db"."raw"."orders"': {}}, {"source.shop.raw.orders": {"id": "int"}})),
    ("outputs.validate", "", "outputs: {validate: false}", checks_run, ["outputs"], []),
    ("infra.scanners", "", "infra: {scanners: []}", findings(ROOT_IMAGE, "hadolint/DL3003"), ("pass", ["hadolint/DL3003"]), ("pass", [])),
    ("infra.timeout", "", "infra: {timeout: 0.000001}", findings(ROOT_IMAGE, "GOV002"), ("pass", []), ("block", ["GOV002"])),
    ("trace.missing", "", "trace: {missing: high}", findings(NO_TRACE, "GOV010"), ("review", ["GOV010"]), ("block", ["GOV010"])),
    ("trace.reasoning", "", "trace: {reasoning: summary}", findings(HIDDEN, "GOV012"), ("pass", []), ("pass", ["GOV012"])),
    ("trace.redact", "", "trace: {redact: false}", stored, False, True),
    ("limits.artifact_bytes", "", "limits: {artifact_bytes: 7}", verdict("select 1"), "pass", "block"),
    ("limits.check_seconds", "", "limits: {check_seconds: 0.000001}", findings(LONG, "GOV003"), ("pass", []), ("block", ["GOV003"])),
    ("ledger.url", "ledger: {url: 'sqlite:///PLACE/a.db'}", "ledger: {url: 'sqlite:///PLACE/b.db'}", kept("b.db"), False, True),
    ("ledger.bodies", "ledger: {url: 'sqlite:///PLACE/a.db'}", "ledger: {url: 'sqlite:///PLACE/a.db', bodies: 'PLACE/elsewhere'}", kept("elsewhere"), False, True),
    ("signing.key", "signing: {key: PLACE/none.pem}", "signing: {key: PLACE/key.pem}", signer, "InvalidInput", "own"),
    ("signing.trust", "", "signing: {trust: other.json}", proven, ["missing"], ["proven"]),
    ("waivers.fingerprint", waived(fingerprint="0" * 16), waived(), verdict(ODD_CALL), "block", "pass"),
    ("waivers.author", waived(), waived(author="grace"), report("waived by grace"), False, True),
    ("waivers.reason", waived(), waived(reason="empty on purpose"), report("empty on purpose"), False, True),
    ("waivers.expires", waived(), waived(expires="2020-01-31"), findings(PRINT, "GOV030"), ("pass", []), ("block", ["GOV030"])),
    ("waivers.path", WAIVER, waived(path="other.sql"), findings(loose_changeset([], "select 1"), "GOV031"), ("pass", ["GOV031"]), ("pass", [])),
]  # fmt: skip

TRIED_ELSEWHERE = {"dbt.timeout", "dbt.connection", "dbt.rows", "outputs.minimum_rows", "outputs.samples"}
"""Keys that only a real build can show; they follow below, marked dbt."""


@pytest.fixture
def place(tmp_path: Path, workshop: Any, key: SigningKey) -> Place:
    return Place(tmp_path, workshop, key)


def outcome(text: str, effect: Effect, place: Place) -> Any:
    try:
        policy = Policy.parse(text.replace("PLACE", str(place.folder)))
    except InvalidPolicy:
        return "refused"
    return effect(policy, place)


@pytest.mark.parametrize(("text", "effect", "expected"), [
    pytest.param(text, case[3], expected, id=f"{case[0]}-{word}")
    for case in CASES
    for word, text, expected in (("without", case[1], case[4]), ("with", case[2], case[5]))
])  # fmt: skip
def test_a_key_does_what_it_says(text: str, effect: Effect, expected: Any, place: Place) -> None:
    assert outcome(text, effect, place) == expected


BAD_MANIFESTS = [
    ("foreign.json", "foreign.json: it is of the dbt project 'bank', which "),
    ("nameless.json", "it does not say of which project it is"),
    ("text.json", "no manifest of dbt"),
    ("none.json", "no such file"),
]


@pytest.mark.parametrize(("file", "says"), BAD_MANIFESTS, ids=[b[0] for b in BAD_MANIFESTS])
def test_a_manifest_that_is_none_of_the_projects_is_refused(file: str, says: str, place: Place) -> None:
    said = known_to_base(Policy.parse(f"dbt: {{manifest: {file}}}"), place)
    assert says in said, said


@pytest.mark.parametrize("name", ["HOME", "PATH", "LD_PRELOAD", "PYTHONPATH", "a b", ""])
def test_a_variable_that_the_worker_lives_by_is_refused(name: str) -> None:
    with pytest.raises(InvalidPolicy, match=r"governance.yml:1:\d+: dbt.environment: "):
        Policy.parse(f"dbt: {{environment: {{'{name}': x}}}}")


def keys_of(kind: Any, prefix: str = "") -> Iterator[str]:
    for field in fields(kind):
        if is_dataclass(field.default):
            yield from keys_of(field.default, f"{prefix}{field.name}.")
        elif field.name == "waivers":
            yield from keys_of(Waiver, "waivers.")
        else:
            yield prefix + field.name


def test_every_key_has_a_case_that_tells_with_from_without() -> None:
    assert {case[0] for case in CASES} | TRIED_ELSEWHERE == set(keys_of(Policy))
    assert all(case[4] != case[5] for case in CASES)


def test_the_names_of_checks_are_those_that_run() -> None:
    every = ChangeSet(tuple(Artifact(f"{kind}", kind, b"") for kind in ArtifactKind))
    assert tuple(check.name for check in build_checks(Policy(), every)) == CHECKS


@pytest.fixture
def project(tmp_path: Path) -> ChangeSet:
    """A dbt project with one new model, which gives no rows."""
    files = {
        "dbt_project.yml": "name: tiny\nprofile: tiny\nversion: 1.0.0\n",
        "models/none.sql": "select 1 as a where false\n",
        "models/none.yml": "models:\n  - name: none\n    columns: [{name: a, data_tests: [unique]}]\n",
        "models/twice.sql": f"select unnest(['password={SECRET}', 'password={SECRET}', 'b']) as a\n",
        "models/twice.yml": "models:\n  - name: twice\n    columns: [{name: a, data_tests: [unique]}]\n",
    }
    for side in ("head", "base"):
        for name, text in files.items():
            if side == "head" or name == "dbt_project.yml":
                (tmp_path / side / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / side / name).write_text(text)
    artifacts = tuple(
        Artifact(name, kind_of(name, text.encode(), [""]), text.encode())
        for name, text in files.items()
        if name != "dbt_project.yml"
    )
    head, base = str(tmp_path / "head"), FolderTree(tmp_path / "base")
    return ChangeSet(artifacts, authorship=Authorship.BY_HAND, workdir=head, base=base)


BUILT = [
    ("one row is asked for", "", {"GOV022"}),
    ("no row is asked for", "outputs: {minimum_rows: 0}", set()),
    ("no time is given", "dbt: {timeout: 0.05}", {"GOV003"}),
]


@pytest.mark.dbt
@pytest.mark.parametrize(("text", "codes"), [b[1:] for b in BUILT], ids=[b[0] for b in BUILT])
def test_a_key_that_only_a_build_shows(text: str, codes: set[str], project: ChangeSet) -> None:
    decision = Gate(Policy.parse(text)).check(project)
    shown = {finding.code for finding in decision.findings}
    assert shown & {"GOV003", "GOV022", "GOV023"} == codes, [f.message for f in decision.findings]


SOURCE_ROWS = [
    ("no connection is named", "", ("generated", 200)),
    ("rows are read", "dbt: {connection: SHOP_URL}", ("sampled", 9)),
    ("few rows are read", "dbt: {connection: SHOP_URL, rows: 3}", ("sampled", 3)),
]


@pytest.mark.dbt
@pytest.mark.parametrize(("text", "rows"), [s[1:] for s in SOURCE_ROWS], ids=[s[0] for s in SOURCE_ROWS])
def test_where_the_rows_of_a_source_come_from(
    text: str, rows: tuple[str, int], project: ChangeSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect(f"{tmp_path}/shop.duckdb") as connection:
        connection.execute("create schema raw; create table raw.seen as select * from range(9) as t(a)")
    monkeypatch.setenv("SHOP_URL", f"duckdb:///{tmp_path}/shop.duckdb")
    for side in ("base", "head"):
        (tmp_path / side / "models").mkdir(exist_ok=True)
        (tmp_path / side / "models" / "raw.yml").write_text(
            "sources: [{name: raw, tables: [{name: seen}]}]\n"
        )
    (tmp_path / "head" / "models" / "none.sql").write_text("select a from {{ source('raw', 'seen') }}\n")
    decision = Gate(Policy.parse(text)).check(project)
    (build,) = (report for report in decision.reports if report.check == "dbt-build")
    told = build.evidence["."]["sources"]["source.tiny.raw.seen"]
    assert (told["rows_from"], told["rows"]) == rows


@pytest.mark.dbt
@pytest.mark.parametrize("count", [0, 1])
def test_samples_are_kept_as_many_as_the_policy_says_and_without_secrets(
    count: int, project: ChangeSet
) -> None:
    decision = Gate(Policy.parse(f"outputs: {{samples: {count}}}")).check(project)
    (outputs,) = (report for report in decision.reports if report.check == "outputs")
    ((outcome,),) = (found for found in outputs.evidence["."].values() if found)
    assert outcome["state"] == "failed"
    assert len(outcome.get("samples", [])) == count
    assert all("redacted" in sample for sample in outcome.get("samples", []))
    assert SECRET not in str(outputs.evidence)
