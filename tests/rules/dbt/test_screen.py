"""Attacks hidden in templates and YAML, each beside an innocent twin: held before anything renders."""

import pytest

from governance.checks.dbt_screen import holds, screen
from governance.finding import Position, Severity
from governance.syntax.dbt import example

MODEL, MACRO, YAML, PROJECT = "models/a.sql", "macros/a.sql", "models/a.yml", "dbt_project.yml"
SELECT = "select 1 as a"
ACTING = "{% macro wipe() %}{% do run_query('drop table t') %}{% endmacro %}"
READING = "{% macro ids(t) %}{% set r = run_query('select distinct id from ' ~ t) %}{% endmacro %}"

# id, file, base, head, code, place of the finding
ATTACKS = [
    ("drop in run_query", MODEL, SELECT, SELECT + "\n{% do run_query('drop table raw.t') %}", "DBT001", (2, 7)),
    ("drop in an output", MODEL, None, "{{ run_query('drop table raw.t') }}", "DBT001", (1, 4)),
    ("sql by keyword", MODEL, None, "{{ run_query(sql='truncate table t') }}", "DBT001", (1, 4)),
    ("sql through a variable", MODEL, None, "{% set q = 'drop table t' %}{{ run_query(q) }}", "DBT001", (1, 32)),
    ("sql through a set block", MODEL, None, "{% set q %}\ndrop table t\n{% endset %}\n{{ run_query(q) }}", "DBT001", (4, 4)),
    ("sql put together", MODEL, None, "{{ run_query('dr' ~ 'op table t') }}", "DBT001", (1, 4)),
    ("sql from a list", MODEL, None, "{% for q in ['drop table t'] %}{{ run_query(q) }}{% endfor %}", "DBT001", (1, 35)),
    ("statement block", MODEL, None, "{% call statement('x') %}delete from t{% endcall %}", "DBT001", (1, 9)),
    ("statement in a branch", MODEL, None, "{% if execute %}{{ statement('x', sql='drop table t') }}{% endif %}", "DBT001", (1, 20)),
    ("delete in a cte", MODEL, None, "{{ run_query('with d as (delete from t returning 1) select * from d') }}", "DBT001", (1, 4)),
    ("second statement", MODEL, None, "{{ run_query('select 1; drop table t') }}", "DBT001", (1, 4)),
    ("file reader in a query", MODEL, None, "{{ run_query(\"select * from read_csv('/etc/passwd')\") }}", "DBT001", (1, 4)),
    ("alias of run_query", MODEL, None, "{% set f = run_query %}{{ f('drop table t') }}", "DBT001", (1, 12)),
    ("run_query handed to a macro", MODEL, None, "{{ dbt_utils.apply(run_query, 'drop table t') }}", "DBT001", (1, 20)),
    ("run_query by package", MODEL, None, "{{ dbt.run_query('drop table t') }}", "DBT001", (1, 4)),
    ("run_query through context", MODEL, None, "{{ context['run_query']('drop table t') }}", "DBT001", (1, 4)),
    ("run_query behind a macro's name", MODEL, None, "{% macro run_query(x) %}{% endmacro %}{{ run_query('drop table t') }}", "DBT001", (1, 42)),
    ("set block changed under an old call", MODEL,
     "{% set q %}select 1{% endset %}{{ run_query(q) }}", "{% set q %}drop table t{% endset %}{{ run_query(q) }}", "DBT001", (1, 39)),
    ("run_query in a description", YAML, None, "models:\n  - name: a\n    description: \"{{ run_query('drop table t') }}\"\n", "DBT001", (3, 5)),
    ("run_query behind ref in a test", YAML, None,
     "models:\n  - name: a\n    tests:\n      - x: {to: \"ref('b') ~ run_query('drop table t')\"}\n", "DBT001", (4, 13)),
    ("run_query in docs", "models/a.md", None, "{% docs x %}{{ run_query('drop table t') }}{% enddocs %}", "DBT001", (1, 16)),
    ("run_query in a snapshot", "snapshots/a.sql", None, "{% snapshot s %}{{ run_query('drop table t') }}{% endsnapshot %}", "DBT001", (1, 20)),
    ("run_query in an analysis", "analyses/a.sql", None, "{{ run_query('drop table t') }}", "DBT001", (1, 4)),
    ("run_query in a test", "tests/a.sql", None, "{{ run_query('drop table t') }}select 1", "DBT001", (1, 4)),
    ("adapter executes", MODEL, None, "{% do adapter.execute('drop table t') %}", "DBT002", (1, 7)),
    ("adapter drops", MODEL, None, "{% do adapter.drop_relation(ref('b')) %}", "DBT002", (1, 7)),
    ("adapter by subscript", MODEL, None, "{% do adapter['drop_schema'](this) %}", "DBT002", (1, 7)),
    ("adapter method of tomorrow", MODEL, None, "{% do adapter.obliterate(this) %}", "DBT002", (1, 7)),
    ("built-in drop", MODEL, None, "{% do drop_relation_if_exists(this) %}", "DBT002", (1, 7)),
    ("built-in of one adapter", MODEL, None, "{% do postgres__drop_schema(this) %}", "DBT002", (1, 7)),
    ("node rewritten", MODEL, None, "{% do model.config.update({'alias': 'b'}) %}", "DBT002", (1, 7)),
    ("compiled file written", MODEL, None, "{% do write('x') %}", "DBT002", (1, 7)),
    ("macro of the project acts", MACRO, ACTING, ACTING + "\n{% macro m() %}{{ wipe() }}{% endmacro %}", "DBT003", (2, 19)),
    ("acting macro by dispatch", MACRO, ACTING, ACTING + "\n{% macro m() %}{{ adapter.dispatch('wipe')() }}{% endmacro %}", "DBT003", (2, 19)),
    ("sql smuggled to a reading macro", MACRO, READING, READING + "\n{% macro m() %}{{ ids('t; drop table t--') }}{% endmacro %}", "DBT003", (2, 19)),
    ("secret in sql", MODEL, None, "select '{{ env_var('WAREHOUSE_PASSWORD') }}'", "DBT004", (1, 12)),
    ("environment to the log", MODEL, None, "{{ log(env_var('HOME')) }}", "DBT004", (1, 8)),
    ("environment by computed name", MODEL, None, "select '{{ env_var('DBT_' ~ x) }}'", "DBT004", (1, 12)),
    ("bare env_var in a test", YAML, None, "models:\n  - name: a\n    tests:\n      - x: {v: env_var('API_TOKEN')}\n", "DBT004", (4, 13)),
    ("class of a string", MODEL, None, "{{ ''.__class__ }}", "DBT006", (1, 7)),
    ("globals by subscript", MODEL, None, "{{ ref['__globals__'] }}", "DBT006", (1, 4)),
    ("dunder in a format string", MODEL, None, "{{ '{0.__class__}'.format(this) }}", "DBT006", (1, 1)),
    ("frame of a generator", MODEL, None, "{{ x.gi_frame.f_globals }}", "DBT006", (1, 4)),
    ("computed name", MODEL, None, "{{ context['run_' ~ 'query']('drop table t') }}", "DBT007", (1, 4)),
    ("attr filter", MODEL, None, "{{ adapter | attr('exec' ~ 'ute') }}", "DBT007", (1, 4)),
    ("alias of the adapter", MODEL, None, "{% set a = adapter %}{{ a.execute('drop table t') }}", "DBT007", (1, 12)),
    ("alias of config", MODEL, None, "{% set c = config %}{{ c(post_hook='drop table t') }}", "DBT007", (1, 12)),
    ("computed dispatch", MODEL, None, "{{ adapter.dispatch(x ~ 'y')() }}", "DBT007", (1, 4)),
    ("template imported", MODEL, None, "{% import 'macros/x.sql' as x %}", "DBT007", (1, 1)),
    ("post-hook", MODEL, SELECT, "{{ config(post_hook='drop table t') }}" + SELECT, "DBT008", (1, 4)),
    ("hook in a list", MODEL, None, "{{ config(post_hook=['select 1', 'drop table t']) }}", "DBT008", (1, 4)),
    ("hook in a dictionary", MODEL, None, "{{ config({'pre-hook': 'drop table t'}) }}", "DBT008", (1, 4)),
    ("hook by a computed key", MODEL, None, "{{ config({x ~ 'hook': 'drop table t'}) }}", "DBT008", (1, 4)),
    ("hook handed on", MODEL, None, "{% set o = {'post_hook': 'drop table t'} %}{{ config(**o) }}", "DBT008", (1, 47)),
    ("hook in properties", YAML, None, "models:\n  - name: a\n    config:\n      post-hook: drop table t\n", "DBT008", (4, 7)),
    ("hook for a folder", PROJECT, "name: s\n", "name: s\nmodels:\n  s:\n    +post-hook: drop table t\n", "DBT008", (4, 5)),
    ("hook at the start of runs", PROJECT, "name: s\n", "name: s\non-run-start:\n  - drop table t\n", "DBT008", (3, 5)),
    ("hook changed", MODEL, "{{ config(post_hook='select 1') }}", "{{ config(post_hook='drop table t') }}", "DBT008", (1, 4)),
    ("hook as a macro call", PROJECT, "name: s\n", "name: s\non-run-end: '{{ wipe() }}'\n", "DBT008", (2, 1)),
    ("schema name decided anew", MACRO, None, "{% macro generate_schema_name(a, b) %}prod{% endmacro %}", "DBT009", (1, 10)),
    ("ref replaced", MACRO, None, "{% macro ref(x) %}prod.t{% endmacro %}", "DBT009", (1, 10)),
    ("built-in test that never fails", MACRO, None, "{% test not_null(model, column_name) %}select 1 where false{% endtest %}", "DBT009", (1, 9)),
    ("materialization replaced", MACRO, None, "{% materialization table, default %}{% endmaterialization %}", "DBT009", (1, 20)),
    ("adapter's macro replaced", MACRO, None, "{% macro duckdb__create_table_as(a, b, c) %}{% endmacro %}", "DBT009", (1, 10)),
    ("dispatch order", PROJECT, "name: s\n", "name: s\ndispatch:\n  - macro_namespace: dbt\n    search_order: [s, dbt]\n", "DBT010", (3, 5)),
    ("package from git", "packages.yml", None, "packages:\n  - git: https://git.example/x.git\n", "DBT011", (2, 5)),
    ("package of another name", "packages.yml", "packages:\n  - package: a/b\n    version: 1\n", "packages:\n  - package: a/bb\n    version: 1\n", "DBT011", (2, 5)),
    ("python model", "models/a.py", None, "def model(dbt, session): ...\n", "DBT012", (1, 1)),
    ("profile", "profiles.yml", "s:\n  target: dev\n", "s:\n  target: prod\n", "DBT013", (2, 3)),
    ("other profile chosen", PROJECT, "name: s\nprofile: dev\n", "name: s\nprofile: prod\n", "DBT013", (2, 1)),
    ("grant to everybody", MODEL, None, "{{ config(grants={'select': ['public']}) }}" + SELECT, "DBT014", (1, 4)),
    ("macros from elsewhere", PROJECT, "name: s\n", "name: s\nmacro-paths: ['../x']\n", "DBT022", (2, 15)),
    ("broken template", MODEL, SELECT, "{{ run_query('x') ", "GOV005", (1, 1)),
    ("broken yaml", YAML, None, "models: [", "GOV005", (1, 10)),
    ("capital suffix", "models/a.SQL", None, "{{ run_query('drop table t') }}", "DBT001", (1, 4)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "base", "head", "code", "place"),
    [case[1:] for case in ATTACKS],
    ids=[case[0] for case in ATTACKS],
)
def test_attack_is_held(path: str, base: str | None, head: str, code: str, place: tuple[int, int]) -> None:
    held = holds(screen([example(path, base, head)]))
    assert (code, Position(*place)) in [(finding.code, finding.location.start) for finding in held]


@pytest.mark.parametrize(
    ("path", "base", "head"),
    [(c[1], c[3], c[3]) for c in ATTACKS if c[4] != "GOV005"],
    ids=[c[0] for c in ATTACKS if c[4] != "GOV005"],
)
def test_what_was_there_before_is_not_held(path: str, base: str, head: str) -> None:
    assert screen([example(path, base, head + "\n")]) == []


INNOCENT = [  # id, file, base, head
    ("plain model", MODEL, None, "select * from {{ ref('b') }} join {{ source('s', 't') }} using (id)"),
    ("incremental model", MODEL, None, "{{ config(materialized='incremental', unique_key='id') }}"
     "select * from {{ ref('b') }}{% if is_incremental() %} where d > (select max(d) from {{ this }}){% endif %}"),
    ("word in a comment", MODEL, None, "{# run_query('drop table t') #}select 1 as a -- adapter.execute"),
    ("raw text", MODEL, None, "{% raw %}{{ run_query('drop table t') }}{% endraw %}select 1 as a"),
    ("word in a string", MODEL, None, "select '{{ 'run_query' }}' as a"),
    ("loop over a list", MODEL, None, "select {% for c in ['a', 'b'] %}{{ c }}{{ ',' if not loop.last }}{% endfor %}"),
    ("query for columns", MODEL, None, "{% set q %}select distinct m from {{ ref('b') }}{% endset %}{% set r = run_query(q) %}" + SELECT),
    ("columns of a relation", MODEL, None, "{% set c = adapter.get_columns_in_relation(ref('b')) %}" + SELECT),
    ("cross-database macro", MODEL, None, "select {{ dbt.dateadd('day', 1, 'd') }} as d from {{ ref('b') }}"),
    ("macro of its own file", MACRO, None, "{% macro a(c) %}{{ c }} / 100{% endmacro %}{% macro b(c) %}{{ a(c) }}{% endmacro %}"),
    ("dispatching macro", MACRO, None, "{% macro a() %}{{ return(adapter.dispatch('a')()) }}{% endmacro %}{% macro default__a() %}1{% endmacro %}"),
    ("generic test", "tests/generic/x.sql", None, "{% test positive(model, column_name) %}select * from {{ model }} where {{ column_name }} < 0{% endtest %}"),
    ("snapshot", "snapshots/a.sql", None, "{% snapshot s %}{{ config(unique_key='id', strategy='timestamp', updated_at='u') }}select * from {{ source('a', 'b') }}{% endsnapshot %}"),
    ("variable with a default", MODEL, None, "select '{{ var('day', '2025-01-01') }}' as day"),
    ("unchanged hook", MODEL, "{{ config(post_hook='analyze t') }}select 1 as a", "{{ config(post_hook='analyze t') }}select 2 as a"),
    ("tests and descriptions", YAML, None, "models:\n  - name: a\n    description: '{{ doc(\"a\") }}'\n    columns:\n      - name: id\n        tests: [unique, {relationships: {to: ref('b'), field: id}}]\n"),
    ("new folder in the project", PROJECT, "name: s\n", "name: s\nmodels:\n  s:\n    marts:\n      +materialized: table\n      +tags: [x]\n"),
    ("docs", "models/a.md", None, "{% docs a %}Key of the customer, see run_query.{% enddocs %}"),
    ("name with dunder end", MODEL, None, "select * from {{ this.identifier }}__dbt_tmp"),
    ("seed", "seeds/a.csv", "id\n1\n", "id\n1\n2\n"),
    ("loop controls", MACRO, None, "{% macro a() %}{% for i in range(3) %}{% if i %}{% break %}{% endif %}{% endfor %}{% endmacro %}"),
    ("log a constant", MACRO, None, "{% macro a() %}{{ log('done', info=true) }}{% endmacro %}"),
    ("dates", MODEL, None, "select '{{ modules.datetime.date(2025, 1, 1).isoformat() }}' as d, '{{ run_started_at }}' as r"),
    ("namespace", MODEL, None, "{% set n = namespace(x=0) %}{% set n.x = n.x + 1 %}select {{ n.x }} as a"),
    ("compiler error", MACRO, None, "{% macro a() %}{{ exceptions.raise_compiler_error('no') }}{% endmacro %}"),
    ("list methods", MODEL, None, "{% set l = [] %}{% do l.append('x') %}select '{{ l | join(',') }}' as a"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "base", "head"), [c[1:] for c in INNOCENT], ids=[c[0] for c in INNOCENT])
def test_innocent_twin_is_rendered(path: str, base: str | None, head: str) -> None:
    assert holds(screen([example(path, base, head)])) == ()


def test_destructive_statement_is_named() -> None:
    (finding,) = screen([example(MODEL, None, "{% do run_query('drop table raw.orders') %}")])
    assert "`drop table raw.orders`, a DROP statement" in finding.message
    assert finding.severity is Severity.CRITICAL


def test_waived_finding_does_not_hold() -> None:
    findings = screen([example(MODEL, None, "{% do adapter.drop_relation(this) %}")])
    assert holds(findings)
    assert not holds(findings, frozenset(finding.fingerprint for finding in findings))


@pytest.mark.parametrize(
    "text", ["{{ " * 3000, "{{ (" + "(" * 5000 + ")" * 5000 + ") }}", "{% if %}", "{{ 'a", "\ud7ff{{"]
)
def test_hostile_template_is_a_finding(text: str) -> None:
    assert [f.code for f in screen([example(MODEL, None, text)])] == ["GOV005"]


def test_bytes_that_are_no_text_are_a_finding() -> None:
    from governance.artifact import Artifact, ArtifactKind
    from governance.changeset import ChangeSet
    from governance.syntax.dbt import read_changes

    for content in (b"\xff\xfe select", b"select 1\x00"):
        artifact = Artifact("models/a.sql", ArtifactKind.DBT_MODEL, content)
        assert [f.code for f in screen(read_changes(ChangeSet((artifact,))))] == ["GOV005"]
    link = Artifact("models/a.sql", ArtifactKind.DBT_MODEL, b"", link="/etc/passwd")
    assert holds(screen(read_changes(ChangeSet((link,)))))
