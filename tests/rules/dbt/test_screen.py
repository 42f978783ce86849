"""Attacks hidden in templates and YAML, each beside an innocent twin: held before anything renders."""

import pytest

from governance.checks.dbt_screen import holds, screen
from governance.finding import Position, Severity
from governance.syntax.dbt import example
from tests.benchmarks.dbt_attacks import Pair, judge, misses, pairs

CORPUS = list(pairs())
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
    ('context.get', MODEL, None, "{% set f = context.get('run_' ~ 'query') %}{{ f('drop table t') }}", 'DBT007', (1, 12)),
    ('context items', MODEL, None, "{% for k, v in context.items() %}{% if k == 'run_query' %}{{ v('drop table t') }}{% endif %}{% endfor %}", 'DBT007', (1, 16)),
    ('context values list', MODEL, None, "{% set v = (context.values() | list)[7] %}{{ v('drop table t') }}", 'DBT007', (1, 13)),
    ('builtins get', MODEL, None, "{{ builtins.get('run_query')('drop table t') }}", 'DBT007', (1, 4)),
    ('graph values update', MODEL, None, "{% for n in graph.nodes.values() %}{% do n.update({'x': 1}) %}{% endfor %}", 'DBT002', (1, 42)),
    ('graph node config', MODEL, None, "{% set n = graph['nodes']['model.s.b'] %}{% do n['config'].update({'post-hook': 'drop table t'}) %}", 'DBT002', (1, 48)),
    ('model pop', MODEL, None, "{% set m = model %}{% do m.update({'compiled_code': 'drop table t'}) %}", 'DBT002', (1, 26)),
    ('config local get', MODEL, None, "{% set c = config.config_call_dict %}{% do c.update({'post_hook': ['drop table t']}) %}", 'DBT002', (1, 44)),
    ('config.model', MODEL, None, "{% do config.model.config.post_hook.append('drop table t') %}", 'DBT002', (1, 7)),
    ('caller', MACRO, None, '{% macro a() %}{% call run_query() %}drop table t{% endcall %}{% endmacro %}', 'DBT001', (1, 24)),
    ('macro default', MACRO, None, "{% macro a(x=run_query('drop table t')) %}{% endmacro %}", 'DBT001', (1, 14)),
    ('self', MODEL, None, "{{ self.run_query('drop table t') }}", 'DBT001', (1, 4)),
    ('unique_key inj', MODEL, None, "{{ config(materialized='incremental', unique_key='id; drop table t') }}select 1 as a", 'DBT024', (1, 4)),
    ('unique_key inj yaml', YAML, None, "models:\n  - name: a\n    config:\n      unique_key: 'id; drop table t --'\n", 'DBT024', (4, 7)),
    ('incremental predicates', MODEL, None, "{{ config(materialized='incremental', incremental_predicates=['1=1; drop table t']) }}select 1 as a", 'DBT024', (1, 4)),
    ('incr predicates subquery', MODEL, None, '{{ config(materialized=\'incremental\', incremental_predicates=["(select pg_sleep(100)) is null"]) }}select 1 as a', 'DBT024', (1, 4)),
    ('column types seed', 'seeds/props.yml', None, "seeds:\n  - name: s\n    config:\n      column_types: {id: 'int); drop table t; --'}\n", 'DBT024', (4, 22)),
    ('column types project', PROJECT, 'name: s\n', "name: s\nseeds:\n  s:\n    +column_types: {id: 'int); drop table t; --'}\n", 'DBT024', (4, 21)),
    ('data_type', YAML, None, "models:\n  - name: a\n    config: {contract: {enforced: true}}\n    columns:\n      - name: id\n        data_type: 'int); drop table t; --'\n", 'DBT024', (6, 9)),
    ('constraint expr', YAML, None, "models:\n  - name: a\n    columns:\n      - name: id\n        constraints:\n          - {type: check, expression: '1=1); drop table t; --'}\n", 'DBT024', (6, 27)),
    ('fail_calc', YAML, None, "models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - unique: {config: {fail_calc: 'count(*) from (select 1); drop table t; --'}}\n", 'DBT024', (6, 31)),
    ('test where', YAML, None, "models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - not_null: {config: {where: '1=1); drop table t; --'}}\n", 'DBT024', (6, 33)),
    ('test expression', YAML, None, "models:\n  - name: a\n    tests:\n      - dbt_utils.expression_is_true: {expression: '1=1); drop table t; --'}\n", 'DBT024', (4, 40)),
    ('accepted values', YAML, None, 'models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - accepted_values: {values: ["x\'); drop table t; --"]}\n', 'DBT024', (6, 40)),
    ('relationships field', YAML, None, "models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - relationships: {to: ref('b'), field: 'id from b; drop table t; --'}\n", 'DBT024', (6, 43)),
    ('loaded_at_field', YAML, None, "sources:\n  - name: s\n    tables:\n      - name: t\n        loaded_at_field: 'now(); drop table t; --'\n        freshness: {warn_after: {count: 1, period: day}}\n", 'DBT024', (5, 9)),
    ('loaded_at_query', YAML, None, "sources:\n  - name: s\n    tables:\n      - name: t\n        loaded_at_query: 'delete from t returning now()'\n", 'DBT024', (5, 9)),
    ('freshness filter', YAML, None, "sources:\n  - name: s\n    freshness: {filter: '1=1; drop table t'}\n    tables:\n      - name: t\n", 'DBT024', (3, 17)),
    ('identifier', YAML, None, "sources:\n  - name: s\n    tables:\n      - name: t\n        identifier: '(select 1); drop table t; --'\n", 'DBT024', (5, 9)),
    ('source schema', YAML, None, "sources:\n  - name: s\n    schema: 'raw.secret; drop table x; --'\n    tables:\n      - name: t\n", 'DBT024', (3, 5)),
    ('unit test sql', YAML, None, "unit_tests:\n  - name: u\n    model: a\n    given:\n      - input: ref('b')\n        format: sql\n        rows: |\n          select 1 as a; drop table t\n    expect: {rows: [{a: 1}]}\n", 'DBT024', (7, 9)),
    ('unit override', YAML, None, 'unit_tests:\n  - name: u\n    model: a\n    overrides: {macros: {is_incremental: "{{ run_query(\'drop table t\') }}"}}\n    given: []\n    expect: {rows: [{a: 1}]}\n', 'DBT001', (4, 26)),
    ('snapshot updated_at', YAML, None, "snapshots:\n  - name: s\n    relation: ref('b')\n    config: {strategy: timestamp, unique_key: id, updated_at: 'now(); drop table t; --'}\n", 'DBT024', (4, 51)),
    ('column called like prose', YAML, None, "models:\n  - name: a\n    columns:\n      - {name: email, data_type: 'int); drop table t; --'}\n", 'DBT024', (4, 23)),
    ('model called like prose', YAML, None, "models:\n  - name: version\n    config: {unique_key: 'id; drop table t'}\n", 'DBT024', (3, 14)),
    ('column called rows', YAML, None, "models:\n  - name: a\n    columns:\n      - {name: rows, data_type: 'int); drop table t; --'}\n", 'DBT024', (4, 22)),
    ('type of a column called like prose', 'seeds/props.yml', None, "seeds:\n  - name: s\n    config:\n      column_types: {label: 'int); drop table t; --'}\n", 'DBT024', (4, 22)),
    ('column of a seed', 'seeds/a.csv', 'id\n1\n', '"id"" int); drop table t; --"\n1\n', 'DBT024', (1, 1)),
    ('setting called rows', MODEL, None, "{{ config(rows='id; drop table t') }}select 1 as a", 'DBT024', (1, 4)),
    ('key of a mapping', 'seeds/props.yml', None, "seeds:\n  - name: s\n    config:\n      column_types: {'id int); drop table t; --': int}\n", 'DBT024', (4, 22)),
    ('argument called like prose', YAML, None, "models:\n  - name: a\n    tests:\n      - x: {label: '1=1); drop table t; --'}\n", 'DBT024', (4, 13)),
    ('arguments called like prose', YAML, None, "models:\n  - name: a\n    tests:\n      - x: {arguments: {meta: '1=1); drop table t; --'}}\n", 'DBT024', (4, 25)),
    ('folder called like prose', PROJECT, "name: s\n", "name: s\nmodels:\n  s:\n    docs:\n      +query_tag: 'id; drop table t'\n", 'DBT024', (5, 7)),
    ('hook behind plus and space', PROJECT, "name: s\n", "name: s\nmodels:\n  s:\n    '+ post-hook': drop table t\n", 'DBT008', (4, 5)),
    ('out of double quotes', MODEL, None, "{{ config(query_tag='x\"; drop table t; --') }}select 1 as a", 'DBT024', (1, 4)),
    ('comment before the statement', MODEL, None, "{{ config(query_tag='x;/**/drop table t') }}select 1 as a", 'DBT024', (1, 4)),
    ('constant in a template in yaml', YAML, None, "models:\n  - name: a\n    config:\n      query_tag: \"{{ 'id; drop table t' }}\"\n", 'DBT024', (4, 7)),
    ('template and text in yaml', YAML, None, "models:\n  - name: a\n    config:\n      query_tag: \"{{ 'id;' }} drop table t\"\n", 'DBT024', (4, 7)),
    ('setting joined', MODEL, None, "{% set k = ['id', '; drop table t'] | join %}{{ config(query_tag=k) }}", 'DBT024', (1, 49)),
    ('setting by condition', MODEL, None, "{{ config(query_tag=('id' if x else 'id; drop table t')) }}", 'DBT024', (1, 4)),
    ('setting set twice', MODEL, None, "{% set k = 'id' %}{% if x %}{% set k = 'id; drop table t' %}{% endif %}{{ config(query_tag=k) }}", 'DBT024', (1, 75)),
    ('setting from a loop', MODEL, None, "{% for k in ['id; drop table t'] %}{{ config(query_tag=k) }}{% endfor %}", 'DBT024', (1, 39)),
    ('setting with a sign put in', MODEL, None, "{{ config(query_tag='id@ drop table t'.replace('@', ';')) }}", 'DBT024', (1, 4)),
    ('key of a dictionary', MODEL, None, "{{ config(column_types={'id int); drop table t; --': 'int'}) }}", 'DBT024', (1, 4)),
    ('acts in a type', YAML, None, "models:\n  - name: a\n    columns:\n      - {name: i, data_type: 'int default pg_sleep(9)'}\n", 'DBT024', (4, 19)),
    ('acts in an order', MODEL, None, "{{ config(order_by='a desc, pg_sleep(9)') }}select 1 as a", 'DBT024', (1, 4)),
    ('partition_by', MODEL, None, "{{ config(partition_by='d; drop table t') }}select 1 as a", 'DBT024', (1, 4)),
    ('cluster_by', MODEL, None, "{{ config(cluster_by=['d); drop table t; --']) }}select 1 as a", 'DBT024', (1, 4)),
    ('indexes', MODEL, None, "{{ config(indexes=[{'columns': ['a); drop table t; --']}]) }}select 1 as a", 'DBT024', (1, 4)),
    ('merge_update_columns', MODEL, None, "{{ config(materialized='incremental', merge_update_columns=['a = 1; drop table t --']) }}select 1 as a", 'DBT024', (1, 4)),
    ('query_comment', PROJECT, 'name: s\n', "name: s\nquery-comment: '*/ drop table t; /*'\n", 'DBT024', (2, 1)),
    ('measure expr', YAML, None, "semantic_models:\n  - name: sm\n    model: ref('a')\n    measures:\n      - {name: m, agg: sum, expr: '1); drop table t; --'}\n", 'DBT024', (5, 29)),
    ('metric filter', YAML, None, 'metrics:\n  - name: m\n    type: simple\n    type_params: {measure: x}\n    filter: "{{ Dimension(\'a__b\') }} = 1; drop table t"\n', 'DBT024', (5, 5)),
    ('saved query where', YAML, None, 'saved_queries:\n  - name: q\n    query_params: {metrics: [m], where: ["1=1; drop table t"]}\n', 'DBT024', (3, 42)),
    ('udf sql', 'functions/f.sql', None, 'select 1; drop table t', 'DBT026', (1, 1)),
    ('udf py', 'functions/f.py', None, "import os\ndef main(x):\n    os.system('rm -rf /')\n", 'DBT012', (1, 1)),
    ('udf yaml', 'functions/f.yml', None, "functions:\n  - name: f\n    returns: {data_type: 'int as $$ begin delete from t; end $$'}\n", 'DBT024', (3, 15)),
    ('sql_header call', MODEL, None, '{% call set_sql_header(config) %}drop table t;{% endcall %}select 1 as a', 'DBT007', (1, 24)),
    ('set_sql_header macro', MODEL, None, '{{ set_sql_header(config) }}select 1 as a', 'DBT007', (1, 19)),
    ('hook via meta', YAML, None, "models:\n  - name: a\n    config:\n      +pre-hook: 'drop table t'\n", 'DBT008', (4, 7)),
    ('hook anchor', PROJECT, 'name: s\n', 'name: s\nx-h: &h\n  +post-hook: drop table t\nmodels:\n  s:\n    <<: *h\n', 'DBT008', (3, 3)),
    ('hook dict form', MODEL, None, "{{ config(post_hook={'sql': 'drop table t', 'transaction': false}) }}", 'DBT008', (1, 4)),
    ('pre_hook via function', MODEL, None, '{{ config(pre_hook=wipe()) }}', 'DBT008', (1, 4)),
    ('on run start macro list', PROJECT, 'name: s\n', "name: s\non-run-start: ['{% do drop_schema(target) %}']\n", 'DBT002', (2, 16)),
    ('snapshot hook', YAML, None, "snapshots:\n  - name: s\n    relation: ref('b')\n    config: {post_hook: 'drop table t'}\n", 'DBT008', (4, 14)),
    ('seed hook', 'seeds/p.yml', None, "seeds:\n  - name: s\n    config: {post_hook: 'drop table t'}\n", 'DBT008', (3, 14)),
    ('dispatch package', MODEL, None, "{{ adapter.dispatch('drop_relation', 'dbt')(this) }}", 'DBT002', (1, 4)),
    ('dbt internal', MODEL, None, "{{ dbt.drop_relation(ref('b')) }}", 'DBT002', (1, 4)),
    ('dbt_duckdb', MODEL, None, '{{ dbt_duckdb.duckdb__drop_relation(this) }}', 'DBT002', (1, 4)),
    ('return statement', MACRO, None, "{% macro a() %}{{ return(statement('x', 'drop table t')) }}{% endmacro %}", 'DBT001', (1, 26)),
    ('nested ns', MODEL, None, "{% set ns = namespace(f=run_query) %}{{ ns.f('drop table t') }}", 'DBT001', (1, 25)),
    ('dict fn', MODEL, None, "{% set d = {'f': run_query} %}{{ d['f']('drop table t') }}", 'DBT001', (1, 18)),
    ('zip fn', MODEL, None, "{% for f in zip([run_query], [1]) %}{{ f[0]('drop table t') }}{% endfor %}", 'DBT001', (1, 18)),
    ('format map', MODEL, None, "{{ '{x.__init__}'.format_map({'x': this}) }}", 'DBT006', (1, 1)),
    ('string mod', MODEL, None, "{{ '%(a)s' % {'a': run_query('drop table t')} }}", 'DBT001', (1, 20)),
    ('render yaml', YAML, None, 'models:\n  - name: "{{ run_query(\'drop table t\') }}"\n', 'DBT001', (2, 5)),
    ('macro override generate alias', MACRO, None, '{% macro generate_alias_name(a=none, node=none) %}prod_t{% endmacro %}', 'DBT009', (1, 10)),
    ('macro override is_incremental', MACRO, None, '{% macro is_incremental() %}{{ return(true) }}{% endmacro %}', 'DBT009', (1, 10)),
    ('override log', MACRO, None, '{% macro log(x) %}{% endmacro %}', 'DBT009', (1, 10)),
    ('override in package name', MACRO, None, '{% macro default__test_unique(model, column_name) %}select 1 where false{% endmacro %}', 'DBT009', (1, 10)),
    ('override get_where', MACRO, None, '{% macro get_where_subquery(r) %}(select * from {{ r }} where false){% endmacro %}', 'DBT009', (1, 10)),
    ('override test macro', MACRO, None, '{% macro test_unique(model, column_name) %}select 1 where false{% endmacro %}', 'DBT009', (1, 10)),
    ('override should_store', MACRO, None, '{% macro should_store_failures() %}{{ return(true) }}{% endmacro %}', 'DBT009', (1, 10)),
    ('model paths', PROJECT, 'name: s\n', 'name: s\nmodel-paths: [/etc]\n', 'DBT022', (2, 15)),
    ('profile env', 'profiles.yml', None, "s:\n  target: dev\n  outputs: {dev: {type: duckdb, path: ':memory:', plugins: [{module: evil}]}}\n", 'DBT013', (2, 3)),
    ('local package', 'packages.yml', None, 'packages:\n  - local: ../evil\n', 'DBT011', (2, 5)),
    ('private pkg', 'packages.yml', None, 'packages:\n  - private: org/repo\n', 'DBT011', (2, 5)),
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


REVIEWED = [  # id, file, base, head, code
    ("files of another place", YAML, None, "sources:\n  - name: s\n    meta: {external_location: \"read_csv('x')\"}\n    tables: [{name: t}]\n", "DBT015"),
    ("tests off for a folder", PROJECT, "name: s\n", "name: s\ndata_tests:\n  s:\n    +enabled: false\n", "DBT017"),
    ("tests that only warn", PROJECT, "name: s\n", "name: s\ntests:\n  +severity: warn\n", "DBT017"),
    ("flags", PROJECT, "name: s\n", "name: s\nflags: {warn_error: false}\n", "DBT022"),
    ("other projects", "dependencies.yml", None, "projects:\n  - name: other\n", "DBT011"),
    ("exposure gone", YAML, "exposures:\n  - {name: e, type: dashboard, depends_on: [ref('a')]}\n", "models: []\n", "DBT025"),
    ("use not declared any more", YAML, "exposures:\n  - {name: e, depends_on: [ref('a'), ref('b')]}\n",
     "exposures:\n  - {name: e, depends_on: [ref('b')]}\n", "DBT025"),
    ("file of exposures deleted", YAML, "exposures:\n  - {name: e, depends_on: [ref('a')]}\n", None, "DBT025"),
    ("contract not enforced", YAML, "models:\n  - {name: a, config: {contract: {enforced: true}}}\n",
     "models:\n  - {name: a, config: {contract: {enforced: false}}}\n", "DBT015"),
    ("contract gone", YAML, "models:\n  - {name: a, config: {contract: {enforced: true}}}\n", "models:\n  - {name: a}\n", "DBT025"),
    ("constraint gone", YAML, "models:\n  - name: a\n    columns: [{name: i, constraints: [{type: not_null}]}]\n",
     "models:\n  - name: a\n    columns: [{name: i}]\n", "DBT025"),
    ("constraint bent", YAML,
     "models:\n  - name: a\n    columns: [{name: i, constraints: [{type: check, expression: 'i > 0'}]}]\n",
     "models:\n  - name: a\n    columns: [{name: i, constraints: [{type: check, expression: 'i is not null or true'}]}]\n", "DBT025"),
    ("freshness gone", YAML, "sources:\n  - {name: s, freshness: {error_after: {count: 1, period: day}}}\n",
     "sources:\n  - {name: s}\n", "DBT025"),
    ("freshness looser", YAML, "sources:\n  - {name: s, freshness: {error_after: {count: 1, period: day}}}\n",
     "sources:\n  - {name: s, freshness: {error_after: {count: 99, period: day}}}\n", "DBT025"),
    ("unit test gone", YAML, "unit_tests:\n  - {name: u, model: a, expect: {rows: [{a: 1}]}}\n", "models: []\n", "DBT016"),
    ("unit test bent", YAML, "unit_tests:\n  - {name: u, model: a, expect: {rows: [{a: 1}]}}\n",
     "unit_tests:\n  - {name: u, model: a, expect: {rows: [{a: 2}]}}\n", "DBT017"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "base", "head", "code"), [c[1:] for c in REVIEWED], ids=[c[0] for c in REVIEWED]
)
def test_what_somebody_must_look_at(path: str, base: str | None, head: str | None, code: str) -> None:
    found = screen([example(path, base, head)])
    assert code in [f.code for f in found if f.severity >= Severity.MEDIUM]


CHANGED = [  # id, head, code: dbt's own objects changed by other names
    ('settings in a namespace', "{% set n = namespace(m=model) %}{% do n.m.update({'alias': 'b'}) %}"),
    ('settings put into a namespace', "{% set n = namespace() %}{% set n.m = model.config %}{% do n.m.update({'alias': 'b'}) %}"),
    ('settings in a list', "{% set l = [model.config] %}{% do l[0].update({'alias': 'b'}) %}"),
    ('settings appended to a list', "{% set l = [] %}{% do l.append(model) %}{% do l[0].update({'alias': 'b'}) %}"),
    ('settings in a dictionary', "{% set d = {'m': model.config} %}{% do d['m'].update({'alias': 'b'}) %}"),
    ('settings unpacked', "{% set a, b = model, 1 %}{% do a.update({'alias': 'b'}) %}"),
    ('settings by condition', "{% set m = model if execute else none %}{% do m.update({'alias': 'b'}) %}"),
    ('settings by or', "{% set m = none or model %}{% do m.update({'alias': 'b'}) %}"),
    ('settings by default', "{% set m = none | default(model) %}{% do m.update({'alias': 'b'}) %}"),
    ('settings without a name', "{% do (model if execute else none).update({'alias': 'b'}) %}"),
    ('settings from a call', "{% do graph.nodes.get('x').update({'alias': 'b'}) %}"),
    ('settings from a filter', "{% do (graph.nodes.values() | list | first).update({'alias': 'b'}) %}"),
    ('settings as an argument', "{% macro m(n) %}{% do n.update({'alias': 'b'}) %}{% endmacro %}{{ m(model) }}"),
    ('settings as an argument by name', "{% macro m(n) %}{% do n.update({'alias': 'b'}) %}{% endmacro %}{{ m(n=model.config) }}"),
    ('settings given to a caller', "{% macro m() %}{{ caller(model) }}{% endmacro %}{% call(n) m() %}{% do n.update({'alias': 'b'}) %}{% endcall %}"),
    ('settings returned', "{% macro m() %}{{ return(model) }}{% endmacro %}{% set x = m() %}{% do x.update({'alias': 'b'}) %}"),
    ('method under another name', "{% set f = model.update %}{% do f({'alias': 'b'}) %}"),
    ('method of the type', "{% do dict.update(model.config, {'alias': 'b'}) %}"),
    ('name hidden elsewhere', "{% macro m(model) %}{% endmacro %}{% do model.update({'alias': 'b'}) %}"),
    ('name of a node', "{% do graph.nodes['statement'].update({'alias': 'b'}) %}"),
]  # fmt: skip


@pytest.mark.parametrize("head", [c[1] for c in CHANGED], ids=[c[0] for c in CHANGED])
def test_a_change_of_dbts_own_objects_is_held_by_whatever_name(head: str) -> None:
    assert "DBT002" in [f.code for f in holds(screen([example(MODEL, None, head + SELECT)]))]


def test_method_that_is_not_named_is_held() -> None:
    for head in ("{% set u = 'x' %}{% do model[u]({}) %}", "{{ [model] | map(attribute='update') | list }}"):
        assert "DBT007" in [f.code for f in holds(screen([example(MODEL, None, head)]))]


def test_macro_of_another_file_that_changes_its_argument() -> None:
    macro = "{% macro put(n) %}{% do n.update({'alias': 'b'}) %}{% endmacro %}"
    change = example(MODEL, None, "{% do put(model.config) %}" + SELECT, (MACRO, macro, macro))
    assert "DBT002" in [f.code for f in holds(screen([change]))]
    change = example(MODEL, None, "{% do put({'name': model.name}) %}" + SELECT, (MACRO, macro, macro))
    assert holds(screen([change])) == ()


def test_macro_called_like_a_method_hides_nothing() -> None:
    macro = "{% macro update() %}{% endmacro %}{% macro get() %}{% endmacro %}"
    change = example(MODEL, None, "{% do model.update({'alias': 'b'}) %}", (MACRO, macro, macro))
    assert "DBT002" in [f.code for f in holds(screen([change]))]
    change = example(
        MODEL, None, "{{ context.get('run' ~ '_query')('drop table t') }}", (MACRO, macro, macro)
    )
    assert "DBT007" in [f.code for f in holds(screen([change]))]


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
    ('incremental settings', MODEL, None, '{{ config(materialized=\'incremental\', unique_key="id || \'-\' || day", incremental_predicates=["DBT_INTERNAL_DEST.day > dateadd(day, -7, current_date)"]) }}select 1 as a'),
    ('partition and clusters', MODEL, None, "{{ config(partition_by={'field': 'day', 'data_type': 'date', 'granularity': 'day'}, cluster_by=['a', 'upper(b)']) }}select 1 as a"),
    ('index and partition expression', MODEL, None, "{{ config(partition_by=['date_trunc(\\'day\\', ts)'], indexes=[{'columns': ['a'], 'unique': true}]) }}select 1 as a"),
    ('prose in meta', MODEL, None, '{{ config(tags=[\'a;b\'], meta={\'owner\': "it\'s; mine"}) }}select 1 as a'),
    ('filter of a test', YAML, None, 'models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - not_null: {config: {where: "day >= current_date - interval \'3 days\' and (status in (\'a\', \'b\'))"}}\n'),
    ('values with signs', YAML, None, 'models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - accepted_values: {values: ["New York", "O\'Neil", \'n/a\', \'a-b\', \'(none)\', \'50%\']}\n'),
    ('expression of a test', YAML, None, 'models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - dbt_utils.expression_is_true: {expression: ">= 0 or amount is null"}\n'),
    ('pattern', YAML, None, "models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - dbt_expectations.expect_column_values_to_match_regex: {regex: '^[A-Z]{2}-\\d+(\\.\\d+)?$'}\n"),
    ('pattern with a semicolon', YAML, None, "models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - dbt_expectations.expect_column_values_to_match_regex: {regex: '^(a|b)[;,]$'}\n"),
    ('counting failures', YAML, None, "models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - unique: {config: {fail_calc: 'sum(n_records)', error_if: '>10'}}\n"),
    ('prose and types', YAML, None, 'models:\n  - name: a\n    description: "It\'s the one; see docs -- really :)"\n    columns:\n      - {name: x, data_type: \'struct<a int64, b array<string>>\', description: \'1) first; 2) second\'}\n      - {name: y, data_type: \'numeric(10,2)\'}\n'),
    ('freshness', YAML, None, 'sources:\n  - name: s\n    tables:\n      - name: t\n        loaded_at_field: \'_loaded_at::timestamp\'\n        loaded_at_query: \'select max(_loaded_at) from {{ this }}\'\n        freshness: {warn_after: {count: 1, period: day}, filter: "day > dateadd(day, -3, current_date)"}\n'),
    ('unit test', YAML, None, 'unit_tests:\n  - name: u\n    model: a\n    given:\n      - input: ref(\'b\')\n        rows: [{a: "O\'Neil; co", t: \'2026-01-01 00:00:00\'}]\n      - input: ref(\'c\')\n        format: sql\n        rows: |\n          select 1 as a, \'x\' as b\n          union all\n          select 2, \'y\'\n      - input: ref(\'d\')\n        format: csv\n        rows: |\n          a,b\n          1,x\n    expect: {format: csv, fixture: some_fixture}\n'),
    ('snapshot in yaml', YAML, None, 'snapshots:\n  - name: s\n    relation: ref(\'b\')\n    config: {strategy: timestamp, unique_key: [a, b], updated_at: "cast(u as timestamp)", dbt_valid_to_current: "to_date(\'9999-12-31\')"}\n'),
    ('exposure', YAML, None, 'exposures:\n  - name: e\n    type: dashboard\n    label: "Sales (weekly); it\'s big"\n    url: https://x.example/a?b=1;c=2\n    depends_on: [ref(\'a\')]\n    owner: {name: "Tim O\'Neil", email: a@b.c}\n'),
    ('metrics', YAML, None, 'semantic_models:\n  - name: sm\n    model: ref(\'a\')\n    measures:\n      - {name: m, agg: sum, expr: "case when status = \'done\' then amount else 0 end"}\nmetrics:\n  - name: m\n    label: M; x\n    type: simple\n    type_params: {measure: m}\n    filter: "{{ Dimension(\'a__b\') }} = \'x\'"\n'),
    ('project settings', PROJECT, None, 'name: s\nversion: \'1.0\'\nconfig-version: 2\nprofile: s\nvars: {start: "2026-01-01\'; x"}\nmodels:\n  s:\n    +materialized: view\n    marts: {+materialized: table, +persist_docs: {relation: true}}\nseeds:\n  s:\n    +column_types: {id: integer, price: \'decimal(18, 3)\'}\nquery-comment: \'run by {{ target.name }}\'\n'),
    ('described macro', 'macros/x.yml', None, "macros:\n  - name: m\n    description: it's; so\n    arguments: [{name: a, type: string, description: 'a; b'}]\n"),
    ('columns called like prose', YAML, None, "models:\n  - name: a\n    columns:\n      - {name: email, data_type: 'varchar(80)', description: 'a; b', meta: {owner: 'x; y'}}\n      - {name: rows, data_type: 'numeric(10, 2)', tests: [not_null: {description: 'it; is', tags: ['a; b'], where: 'rows > 0'}]}\n"),
    ('settings computed', MODEL, None, "{{ config(materialized='table' if var('x', true) else 'view', alias=this.name ~ '_v2', schema=var('s', 'marts'), unique_key=['id', 'day'] | join(', ')) }}select 1 as a"),
    ('quoted names in a filter', YAML, None, "models:\n  - name: a\n    tests: [{x: {where: 'upper(\"Day\") = 1 and (\"b\" in (1, 2))'}}]\n"),
    ('templates in settings', YAML, None, "models:\n  - name: a\n    config: {schema: \"{{ var('s', 'marts') }}\", enabled: \"{{ target.name in ('dev', 'prod') }}\"}\n    tests: [{x: {where: \"d > '{{ var('start') }}'\", expression: 'coalesce(a, 0) >= 0'}}]\n"),
    ('indexes by type', MODEL, None, "{{ config(indexes=[{'columns': ['a', 'b'], 'type': 'btree'}]) }}select 1 as a"),
    ('graph grouped', MACRO, None, "{% macro g() %}{% set groups = {} %}{% for n in graph.nodes.values() %}{% do groups.setdefault(n.schema, []) %}{% do groups[n.schema].append(n.name) %}{% endfor %}{{ return(groups) }}{% endmacro %}"),
    ('rows of the graph', MACRO, None, "{% macro g() %}{% set rows = [] %}{% for n in graph.nodes.values() %}{% set row = [n.name, n.meta.get('owner', 'x')] %}{% do row.append(n.config.materialized) %}{% do rows.append(row) %}{% endfor %}{{ return(rows) }}{% endmacro %}"),
    ('options popped', MACRO, None, "{% macro m(options) %}{% set o = options.copy() %}{% do o.update({'b': 1}) %}{{ return(o) }}{% endmacro %}{% macro n() %}{{ m({'a': model.name}) }}{% endmacro %}"),
    ('model as an argument', "tests/generic/x.sql", None, "{% test x(model, group_by=[]) %}{% set c = adapter.get_columns_in_relation(model) %}{% do c.append('x') %}{% do group_by.append(model.name) %}select * from {{ model }}{% endtest %}"),
    ('recursive macro', MACRO, None, "{% macro a(n) %}{{ return(a(n - 1) if n else 0) }}{% endmacro %}"),
    ('columns listed', MACRO, None, "{% macro m() %}{% set x = model.columns.keys() | list %}{% do x.append('y') %}{{ return(x) }}{% endmacro %}"),
    ('columns of a seed', 'seeds/a.csv', None, '"Amount (EUR)",order-id,"Name, first",50%\n1,2,3,4\n'),
    ('names from the graph', MODEL, None, "{% set m = model.name %}{% set cols = [] %}{% for n in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') %}{% do cols.append(n.name) %}{% endfor %}select '{{ cols | join(',') }}' as a"),
    ('setting read', MODEL, None, "{% set c = config.get('meta', {}).get('x', 1) %}select {{ c }} as a"),
    ('columns gathered', MACRO, None, '{% macro a(columns, model) %}{% set out = [] %}{% for c in columns %}{% do out.append(c.name) %}{% endfor %}{{ return(out) }}{% endmacro %}'),
    ('dictionary of its own', MACRO, None, "{% macro a(d) %}{% do d.update({'x': 1}) %}{{ return(d) }}{% endmacro %}"),
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


DOUBLED = "{% set a0 = 'x' %}" + "".join(f"{{% set a{n + 1} = a{n} ~ a{n} %}}" for n in range(60))


@pytest.mark.parametrize(
    "text",
    [DOUBLED, "{{ " * 3000, "{{ (" + "(" * 5000 + ")" * 5000 + ") }}", "{% if %}", "{{ 'a", "\ud7ff{{"],
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


@pytest.mark.parametrize("pair", CORPUS, ids=[f"{pair.group}: {pair.name}" for pair in CORPUS])
def test_corpus_of_attacks(pair: Pair) -> None:
    assert misses(pair, judge(pair.base, pair.attack), judge(pair.base, pair.twin)) == []
