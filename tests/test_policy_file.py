"""Policy files that cannot be what they should be: each names the file, the place and the cure."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from governance.errors import InvalidPolicy
from governance.govern import policy_at
from governance.policy import Policy
from tests.conftest import Workshop

BROKEN = [
    # id, text, what the message says
    ("an unknown key", "sqll: {}", "governance.yml:1:1: sqll is not a known key (did you mean sql?)"),
    ("an unknown key inside", "version: 1\nsql:\n  dialekt: duckdb", "governance.yml:3:3: sql.dialekt is not a known key (did you mean dialect?)"),
    ("a key twice", "version: 1\nversion: 1", "governance.yml:2:1: not YAML: 'version' is given twice"),
    ("a word for a number", "dbt: {timeout: soon}", "governance.yml:1:7: dbt.timeout: should be a valid number"),
    ("a number for a list", "sql: {tables: 5}", "sql.tables: should be a list"),
    ("a number for text", "sql: {tables: [orders, 5]}", "sql.tables.1: should be text; put quotes around 5"),
    ("a list for a mapping", "sql: []", "sql: should be a mapping"),
    ("a list for the file", "- sql", "the file: should be a mapping"),
    ("an unknown severity", "rules: {SQL001: grave}", "rules.SQL001: should be 'info', 'low', 'medium', 'high' or 'critical'"),
    ("an unknown rule", "rules: {SQL999: low}", "rules.SQL999: no rule SQL999"),
    ("an unknown check", "required: [sqll]", "required: no check is called sqll"),
    ("an unknown dialect", "sql:\n  dialect: postgre", "governance.yml:2:3: sql.dialect: unknown SQL dialect 'postgre'"),
    ("an unknown profile", "sql: {profile: reed}", "sql.profile: no profile is called 'reed'"),
    ("a URL where a name belongs", "sql: {connection: 'postgresql://u:p@h/d'}", "governance.yml:1:7: sql.connection: the name of an environment variable is expected"),
    ("a URL where dbt's belongs", "dbt: {connection: 'postgredbt://u:p@h/d'}", "governance.yml:1:7: dbt.connection: the name of an environment variable is expected"),
    ("no rows at all", "dbt: {rows: 0}", "governance.yml:1:7: dbt.rows must be above zero, not 0"),
    ("a schema that is no table of columns", "sql: {schema: {orders: [id]}}", "sql.schema.orders: should be a mapping"),
    ("another version", "version: 2", "version 2 is not known"),
    ("no time at all", "dbt: {timeout: 0}", "dbt.timeout must be above zero"),
    ("time that is no number", "limits: {check_seconds: .nan}", "limits.check_seconds must be above zero"),
    ("endless time", "limits: {check_seconds: .inf}", "limits.check_seconds must be above zero"),
    ("fewer rows than none", "outputs: {minimum_rows: -1}", "outputs.minimum_rows"),
    ("fewer samples than none", "outputs: {samples: -1}", "outputs.samples"),
    ("a waiver without reason", "waivers: [{fingerprint: abc, author: a, expires: 2030-01-31}]", "waivers.0.reason: Field required"),
    ("a waiver for ever", "waivers: [{fingerprint: abc, author: a, reason: b}]", "waivers.0.expires: Field required"),
    ("a day that does not exist", "waivers: [{fingerprint: abc, author: a, reason: b, expires: 2030-02-31}]", "day is out of range"),
    ("a tab", "sql:\n\tdialect: duckdb", "governance.yml:2:1: not YAML: found character '\\t'"),
    ("an open bracket", "sql: {dialect: duckdb", "governance.yml:1:22: not YAML"),
    ("a star without quotes", "governed: *.sql", "governance.yml:1:12: not YAML"),
    ("a Python object", "!!python/object/apply:os.system ['true']", "could not determine a constructor"),
    ("a merge key", "verdicts: {<<: {high: review}}", "not YAML"),
    ("a key that is a list", "? [a]\n: b", "a key must be a plain word"),
    ("a nul byte", "\x00", "not YAML"),
    ("deep nesting", "a: " + "[" * 5000, "nested too deeply"),
    ("verdicts that fall", "verdicts: {medium: block, high: review}", "verdicts must rise with severity"),
    ("what is critical passes", "verdicts: {critical: review, high: review}", "end in block"),
    ("a crash is let through", "rules: {GOV001: low}", "GOV001 cannot be set below medium"),
    ("an unreadable file is let through", "rules: {GOV005: info}", "GOV005 cannot be set below medium"),
    ("a missing trace is let through", "trace: {missing: low}", "trace.missing cannot be set below medium"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_a_broken_policy_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        Policy.parse(text)
    assert says in refused.value.message
    assert refused.value.message.startswith("governance.yml")
    assert refused.value.remedy
    assert "Severity" not in refused.value.message


def test_aliases_that_multiply_cost_nothing() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    with pytest.raises(InvalidPolicy) as refused:
        Policy.parse("\n".join([*levels, "sql: {tables: *a29, dialect: *a29}", "rules: *a29"]))
    assert len(refused.value.message) < 2_000


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "null", "{}"], ids=["empty", "a comment", "null", "no keys"])  # fmt: skip
def test_nothing_said_is_the_strict_default(text: str) -> None:
    assert Policy.parse(text) == Policy()


def test_a_digest_is_about_what_is_allowed() -> None:
    plain = Policy.parse("sql: {dialect: postgres}")
    assert Policy.parse("# said otherwise\nsql:\n    dialect: 'postgres'\n").digest == plain.digest
    assert Policy.parse("sql: {dialect: postgres}\nledger: {url: 'sqlite:///x'}").digest == plain.digest
    assert Policy.parse("sql: {dialect: mysql}").digest != plain.digest


SCHEMA = "orders: {id: integer}\n"
BAD_SCHEMAS = [
    ("missing", None, "tables.yml: cannot be read"),
    ("not UTF-8", b"orders: {\xff: integer}", "tables.yml: not UTF-8"),
    ("not YAML", b"orders: {id", "tables.yml:1:12: not YAML"),
    ("columns without types", b"orders: [id]", "tables.yml:1:1: orders: should be a mapping"),
]


def test_a_schema_file_is_found_beside_its_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/tables.yml").write_text(SCHEMA)
    (tmp_path / "policies/strict.yml").write_text("sql: {schema: tables.yml}")
    monkeypatch.chdir("/")
    assert Policy.load(tmp_path / "policies/strict.yml").sql.known_tables == {"orders": {"id": "integer"}}


@pytest.mark.parametrize(("data", "says"), [b[1:] for b in BAD_SCHEMAS], ids=[b[0] for b in BAD_SCHEMAS])
def test_a_bad_schema_file_is_refused(data: bytes | None, says: str, tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / "tables.yml").write_bytes(data)
    (tmp_path / "governance.yml").write_text("sql: {schema: tables.yml}")
    with pytest.raises(InvalidPolicy) as refused:
        Policy.load(tmp_path / "governance.yml")
    assert says in refused.value.message


def test_the_schema_of_a_revision_is_not_the_one_in_the_work_tree(workshop: Workshop) -> None:
    workshop.write("governance.yml", "sql: {schema: db/tables.yml}")
    workshop.write("db/tables.yml", SCHEMA)
    base = workshop.commit()
    workshop.write("db/tables.yml", "orders: {id: integer, secret: text}\n")
    changed = workshop.commit()
    before, after = policy_at(workshop.repository, base), policy_at(workshop.repository, changed)
    assert before.sql.known_tables == {"orders": {"id": "integer"}}
    assert before.digest != after.digest


def test_a_schema_that_the_revision_lacks_is_refused(workshop: Workshop) -> None:
    workshop.write("governance.yml", "sql: {schema: ../tables.yml}")
    commit = workshop.commit()
    with pytest.raises(InvalidPolicy, match=r"\.\./tables\.yml at [0-9a-f]{12}: no such file"):
        policy_at(workshop.repository, commit)


def test_an_unreadable_policy_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidPolicy, match=r"none\.yml: cannot be read: No such file"):
        Policy.load(tmp_path / "none.yml")
    with pytest.raises(InvalidPolicy, match="cannot be read: Is a directory"):
        Policy.load(tmp_path)


def test_every_key_is_explained_in_the_schema() -> None:
    schema = Policy.schema()
    definitions: dict[str, Any] = {"Policy": schema, **schema["$defs"]}
    assert all(d.get("additionalProperties") is False for n, d in definitions.items() if "properties" in d), (
        "unknown keys are refused by the schema too"
    )
    unexplained = {
        f"{name}.{key}"
        for name, definition in definitions.items()
        for key, value in definition.get("properties", {}).items()
        if "description" not in value and "$ref" not in value
    }
    levels = {f"Verdicts.{word}" for word in ("info", "low", "medium", "high", "critical")}
    assert unexplained <= levels


def test_every_default_in_the_schema_is_one_that_the_schema_allows() -> None:
    schema = Policy.schema()
    for definition in (schema, *schema["$defs"].values()):
        for value in definition.get("properties", {}).values():
            if "default" in value:
                jsonschema.validate(value["default"], {**value, "$defs": schema["$defs"]})
