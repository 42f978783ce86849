"""`governance check`: its verdict is the gate's, its exit status is the verdict, in every format."""

import json

import pytest

from governance.changeset import Authorship
from governance.govern import Gate, branch_changeset, policy_at
from governance.transcripts import read_trace
from tests.cli.conftest import BLOCK, PASS, QUERY, REVIEW, UNDECIDED, refused

STATUSES = [
    # id, what is asked, how it ends, the code that is named
    ("a harmless query", ["--sql", "select 1"], PASS, ""),
    ("a write in a query", ["--sql", "delete from t"], BLOCK, "SQL010"),
    ("the same, bounded and allowed", ["--sql", "delete from t where id = 1", "--profile", "write"], PASS, ""),
    ("a table out of scope", ["--sql", "select a from b", "--tables", "c, d"], BLOCK, "SQL201"),
    ("a table in scope", ["--sql", "select a from c", "--tables", "c, d"], PASS, ""),
    ("no table at all is allowed", ["--sql", "select a from c", "--tables", ""], BLOCK, "SQL201"),
    ("a dialect that knows it", ["--sql", "select `a` from `t`", "--dialect", "mysql"], PASS, ""),
    ("a dialect that does not", ["--sql", "select `a` from `t`", "--dialect", "postgres"], BLOCK, "SQL003"),
    ("a dialect by its other name", ["--sql", "select 1", "--dialect", "MariaDB"], PASS, ""),
    ("nothing", [], UNDECIDED, ""),
    ("an empty text", ["--sql", ""], UNDECIDED, ""),
    ("a text of spaces", ["--sql", " "], BLOCK, "SQL003"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "status", "code"), [s[1:] for s in STATUSES], ids=[s[0] for s in STATUSES])
def test_the_exit_status_is_the_verdict(governance, asked, status, code):
    ran = governance("check", *asked)
    assert ran.status == status, ran.out + ran.err
    assert code in ran.out


@pytest.mark.parametrize(("sql", "status"), [(b"select 1", PASS), (b"drop table t", BLOCK), (b"select '\xff'", BLOCK), (b"", UNDECIDED)])  # fmt: skip
def test_sql_is_read_from_standard_input(governance, sql, status):
    assert governance("check", "--sql", "-", stdin=sql).status == status


def test_a_policy_beside_the_files_is_used_and_another_can_be_named(governance, own_home):
    (own_home / "governance.yml").write_text("sql: {tables: [orders]}")
    (own_home / "loose.yml").write_text("sql: {tables: [orders, people]}")
    asked = ["check", "--sql", "select name from people"]
    assert governance(*asked).status == BLOCK
    assert governance(*asked, "--policy", "loose.yml").status == PASS


def test_a_schema_says_which_columns_there_are(governance, own_home):
    (own_home / "tables.yml").write_text("orders: {id: integer}")
    assert governance("check", "--sql", "select id from orders", "--schema", "tables.yml").status == PASS
    ran = governance("check", "--sql", "select idd from orders", "--schema", "tables.yml")
    assert (ran.status, "idd" in ran.out) == (BLOCK, True)


def test_a_folder_is_walked_and_each_file_is_named(governance, own_home):
    (own_home / "models").mkdir()
    for name in ("a", "b"):
        (own_home / f"models/{name}.sql").write_text(f"delete from {name}")
    ran = governance("check", "models", "--format", "json")
    assert {f["path"] for f in ran.json["findings"]} == {"models/a.sql", "models/b.sql"}
    assert [a["path"] for a in ran.json["artifacts"]] == ["models/a.sql", "models/b.sql"]


def test_text_says_what_where_why_and_how_to_mend_it(governance):
    ran = governance("check", "--sql", "delete from orders", "--dialect", "postgres", "--profile", "write")
    assert ran.out == (
        "block SQL401 unbounded-write  <sql>:1:1\n"
        "    every row of orders would be deleted\n"
        "    1 | delete from orders\n"
        "      | ^\n"
        "    mend: State the rows that are meant in a WHERE clause.\n"
        "    fingerprint: f27d5ce6a2653ff9\n"
        "\n"
        "block: 1 artifact, 1 blocking\n"
    )


def test_json_holds_the_same_decision(governance):
    ran = governance("check", "--sql", "select 1;\ndelete from t", "--format", "json")
    assert (ran.status, ran.json["verdict"]) == (BLOCK, "block")
    assert ("SQL001", 2, 1) in [(f["code"], f["line"], f["column"]) for f in ran.json["findings"]]
    assert ran.json["artifacts"][0]["path"] == "<sql>"


def test_sarif_shows_each_finding_at_its_place(governance, own_home):
    (own_home / "a b.sql").write_text("select 1,\n  evil(2)")
    run = governance("check", "a b.sql", "--format", "sarif").json["runs"][0]
    (result,) = run["results"]
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "a%20b.sql"}
    assert (physical["region"]["startLine"], physical["region"]["startColumn"]) == (2, 3)
    assert (result["level"], run["properties"]["verdict"]) == ("error", "block")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "SQL102"


def test_markdown_is_a_table_and_shows_hostile_text_literally(governance, own_home):
    (own_home / "a|b<i>.sql").write_text("delete from t")
    ran = governance("check", "a|b<i>.sql", "--format", "markdown")
    assert ran.out.startswith("## Governance: block\n")
    assert r"| block | SQL401 unbounded-write | a\|b\<i\>.sql:1:1 |" in ran.out


CHANGES = [
    # id, what the branch holds, its author, how it ends
    ("an agent's, with its trace", QUERY, "trace", PASS),
    ("an agent's, without a trace", QUERY, "nothing", REVIEW),
    ("a person's", QUERY, "hand", PASS),
    ("a bad one, with a trace", "drop table orders", "trace", BLOCK),
]
FORMATS = ("text", "json", "sarif", "markdown")


@pytest.mark.parametrize(("sql", "author", "status"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_branch_gets_the_verdict_of_the_gate_in_every_format(
    governance, branch, transcript, sql, author, status
):
    branch.write("queries/daily.sql", sql)
    branch.commit()
    author = {"trace": ["--trace", transcript], "hand": ["--by-hand"], "nothing": []}[author]
    said = {form: governance("check", "--base", "main", *author, "--format", form) for form in FORMATS}
    assert {ran.status for ran in said.values()} == {status}

    decision = judged(branch, transcript if "--trace" in author else None, "--by-hand" in author)
    verdict, codes = str(decision.verdict), [f.code for f in decision.findings]
    assert (said["json"].json["verdict"], [f["code"] for f in said["json"].json["findings"]]) == (
        verdict,
        codes,
    )
    assert [r["ruleId"] for r in said["sarif"].json["runs"][0]["results"]] == codes
    assert said["text"].out.splitlines()[-1].startswith(f"{verdict}: 1 artifact")
    assert said["markdown"].out.startswith(f"## Governance: {verdict}\n")


def judged(shop, transcript, by_hand):
    """What the gate says of the branch, called as the operators call it."""
    repository = shop.repository
    trace = read_trace(transcript.read_bytes()) if transcript else None
    author = Authorship.BY_HAND if by_hand else Authorship.AGENT
    with branch_changeset(repository, "main", "change", trace, author) as changeset:
        return Gate(policy_at(repository, repository.commit("main"))).check(changeset)


def test_the_work_tree_is_judged_unless_a_head_is_named(governance, branch):
    branch.write("queries/daily.sql", "drop table orders")
    assert governance("check", "--base", "main", "--by-hand").status == BLOCK
    assert governance("check", "--base", "main", "--head", "change", "--by-hand").status == PASS


def test_a_branch_is_judged_by_the_policy_of_its_base(governance, branch):
    branch.write("governance.yml", "sql: {profile: migrate}")
    branch.write("queries/daily.sql", "create table daily (day date)")
    branch.commit()
    ran = governance("check", "--base", "main", "--by-hand", "--format", "json")
    assert ran.status == BLOCK
    assert {f["code"] for f in ran.json["findings"]} == {"GOV032", "SQL024"}


def test_the_console_script_ends_with_the_same_statuses(program):
    for sql, status in (("select 1", PASS), ("delete from t", BLOCK), ("", UNDECIDED)):
        assert program("check", "--sql", sql).status == status


def test_the_example_of_the_readme_in_python_agrees(governance):
    from governance import check_sql

    sql = "select * from orders o join users u on true"
    report = check_sql(sql, dialect="snowflake", tables=["orders"])
    ran = governance(
        "check", "--sql", sql, "--dialect", "snowflake", "--tables", "orders", "--format", "json"
    )
    assert sorted(f["code"] for f in ran.json["findings"]) == sorted(f.code for f in report.findings)
    assert ran.json["verdict"] == str(report.verdict) == "block"


def test_schemas_may_be_several_and_what_dbt_wrote(governance, own_home):
    version = "https://schemas.getdbt.com/dbt/manifest/v12.json"
    orders = {"relation_name": "shop.orders", "resource_type": "model"}
    manifest = {
        "metadata": {"dbt_schema_version": version},
        "nodes": {"model.shop.orders": orders},
        "sources": {},
    }
    manifest["child_map"] = {"model.shop.orders": ["exposure.shop.board"]}
    (own_home / "manifest.json").write_text(json.dumps(manifest))
    (own_home / "tables.yml").write_text("shop.orders: {id: integer}")
    asked = ["--schema", "manifest.json", "--sql", "select o.evil from orders o"]
    assert governance("check", *asked).status == PASS
    assert governance("check", *asked, "--schema", "tables.yml").status == BLOCK
    dropped = governance("check", "--schema", "manifest.json", "--sql", "drop table orders").out
    assert "built from it: exposure board" in dropped
    refused(governance("check", "--schema", "none.json", "--sql", "select 1"), "none.json")


def test_the_manifest_of_production_says_what_a_branch_reads(governance, shop):
    shop.write("dbt_project.yml", "name: shop\n")
    shop.commit()
    version = "https://schemas.getdbt.com/dbt/manifest/v12.json"
    columns = {"id": {"name": "id", "data_type": "int"}}
    orders = {"relation_name": "shop.orders", "resource_type": "model", "columns": columns}
    manifest = {
        "metadata": {"dbt_schema_version": version, "project_name": "shop"},
        "nodes": {"model.shop.orders": {**orders, "contract": {"enforced": True}}},
        "sources": {},
        "child_map": {},
    }
    text = json.dumps(manifest)
    (shop.root.parent / "production.json").write_text(text)
    (shop.root.parent / "foreign.json").write_text(
        text.replace('"project_name": "shop"', '"project_name": "x"')
    )
    shop.write("queries/evil.sql", "select o.evil from orders o\n")
    asked = ("check", "--base", "main", "--by-hand", "--format", "json")
    blind, told = governance(*asked), governance(*asked, "--manifest", "../production.json")
    assert (blind.status, told.status) == (PASS, BLOCK)
    assert [finding["code"] for finding in told.json["findings"]] == ["SQL206"]
    assert told.json["policy"] == blind.json["policy"], "what is allowed is the same, so evidence stays valid"
    refused(governance(*asked, "--manifest", "../foreign.json"), "foreign.json", "project 'x'", "shop")
    refused(governance(*asked, "--manifest", "../none.json"), "none.json", "cannot be read")
    refused(governance(*asked, "--manifest", "queries/evil.sql"), "evil.sql", "no manifest of dbt")
    refused(governance("check", "queries", "--manifest", "../production.json"), "--base")
