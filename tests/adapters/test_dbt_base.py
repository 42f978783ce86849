"""Head parsed on top of what is kept of base is head parsed from nothing, whatever was changed."""

import json
import os
import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from governance.adapters.checkout import FolderTree
from governance.adapters.dbt import DbtSession, State, stale_nodes
from governance.adapters.dbt.base import Base, Bases
from governance.adapters.dbt.reading import read_base
from governance.adapters.dbt.tree import digest_of
from governance.adapters.jail import Limits
from governance.adapters.worker import WorkerFailed, WorkerRefused

SHOP = Path(__file__).resolve().parents[2] / "dags" / "dbt" / "corner_shop"
ORDERS, MARTS = "models/marts/orders.sql", "models/marts/marts.yml"
STAGED = "models/staging/stg_orders.sql"
Edit = Callable[[str], str | None]

pytestmark = pytest.mark.dbt

CHANGES: dict[str, Mapping[str, Edit]] = {
    "nothing": {},
    "a body": {ORDERS: lambda text: text.replace("orders.order_id,", "orders.order_id, 1 as one,", 1)},
    "a setting": {ORDERS: lambda text: "{{ config(materialized='ephemeral') }}\n" + text},
    "another name": {ORDERS: lambda text: "{{ config(alias='sales_orders') }}\n" + text},
    "another schema": {STAGED: lambda text: "{{ config(schema='raw') }}\n" + text},
    "disabled": {"models/marts/customer_segments.sql": lambda text: "{{ config(enabled=false) }}\n" + text},
    "gone": {"models/marts/customer_segments.sql": lambda _: None},
    "moved": {
        "models/marts/customer_segments.sql": lambda _: None,
        "models/other/customer_segments.sql": lambda _: (
            SHOP / "models/marts/customer_segments.sql"
        ).read_text(),
    },
    "new": {"models/marts/fresh.sql": lambda _: "select * from {{ ref('orders') }}"},
    "a new test": {"tests/none.sql": lambda _: "select * from {{ ref('orders') }} where order_id is null"},
    "fewer tests": {MARTS: lambda text: text.replace("[unique, not_null]", "[not_null]")},
    "a weaker test": {
        MARTS: lambda text: text.replace("[unique, ", "[{unique: {config: {severity: warn}}}, "),
    },
    "no properties": {MARTS: lambda _: None},
    "a macro": {"macros/fresh.sql": lambda _: "{% macro fresh() %}1{% endmacro %}"},
    "a macro that dbt calls": {
        "macros/names.sql": lambda _: (
            "{% macro generate_schema_name(name, node) %}{{ target.schema }}_{{ name or 'x' }}{% endmacro %}"
        )
    },
    "a generic test": {
        "tests/generic/fine.sql": lambda _: "{% test fine(model) %}select * from {{ model }}{% endtest %}",
        MARTS: lambda text: text.replace("  - name: orders\n", "  - name: orders\n    data_tests: [fine]\n"),
    },
    "project settings": {"dbt_project.yml": lambda text: text + "\nvars: {keep: placed}\n"},
    "an environment variable": {
        ORDERS: lambda text: text + "\n-- {{ env_var('SHOP') }}\n",
    },
    "a seed": {"seeds/raw_customers.csv": lambda text: text.replace("\n", "\n") + "999,Ann,1\n"},
    "a macro reads all": {
        "macros/all.sql": lambda _: (
            "{% macro all_of_it() %}{% if execute %}{{ graph.nodes.values() | list | length }}{% endif %}"
            "{% endmacro %}"
        ),
        ORDERS: lambda text: text.replace("orders.order_id,", "orders.order_id, 0{{ all_of_it() }} as n,", 1),
    },
    "a model reads all": {
        "models/marts/all_of_it.sql": lambda _: (
            "{% for node in graph.nodes.values() | selectattr('resource_type', 'eq', 'model') | sort(attribute='name') %}"
            "select '{{ node.name }}' as model{{ ' union all ' if not loop.last }}{% endfor %}"
        )
    },
}


def project(folder: Path, edits: Mapping[str, Edit]) -> Path:
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb"))
    for path, edit in edits.items():
        file = folder / path
        text = edit(file.read_text() if file.exists() else "")
        if text is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("base") / "shop", {})


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Path:
    """A folder in which what is known of base is kept already."""
    folder = tmp_path_factory.mktemp("cache")
    with DbtSession(base, FolderTree(base), Limits(), True, folder) as session:
        session.state()
    return folder


def rendered(session: DbtSession, everything: bool) -> tuple[State, Mapping[str, str]]:
    state = session.state()
    stale = set(state.head.nodes) if everything else stale_nodes(state, state.modified)
    kinds = ("model", "snapshot", "test")
    return session.render(state, sorted(key for key in stale if state.head.nodes[key].kind in kinds))


@pytest.mark.parametrize("edits", CHANGES.values(), ids=CHANGES)
def test_a_change_on_top_of_base_is_the_change_parsed_from_nothing(
    tmp_path: Path, base: Path, cache: Path, edits: Mapping[str, Edit]
) -> None:
    head = project(tmp_path / "head", edits)
    project_file = "dbt_project.yml" in edits  # which the audit renders everything for
    with DbtSession(head, FolderTree(base), Limits(), True, cache) as session:
        on_top, errors = rendered(session, everything=project_file)
    with DbtSession(head, None, Limits(), True) as session:
        alone, other_errors = rendered(session, everything=True)
    assert {key: node.facts for key, node in on_top.head.nodes.items()} == {
        key: node.facts for key, node in alone.head.nodes.items()
    }
    assert {key: node.sql for key, node in on_top.head.nodes.items()} == {
        key: node.sql for key, node in alone.head.nodes.items()
    }
    assert dict(errors) == {key: why for key, why in other_errors.items() if key in errors}
    told = bool(on_top.modified or on_top.removed)
    assert told is not (set(edits) <= {"macros/fresh.sql", "dbt_project.yml"})


def read(tree: Path, cache: Path, scratch: Path) -> Base:
    return read_base(FolderTree(tree), "", Bases(cache), scratch, Limits(), True)


FOLLOWING = ("a body", "gone", "moved", "new", "no properties", "a macro that dbt calls", "project settings")


@pytest.mark.parametrize("edits", [CHANGES[name] for name in FOLLOWING], ids=FOLLOWING)
def test_a_base_on_top_of_an_older_one_is_that_base_read_from_nothing(
    tmp_path: Path, base: Path, cache: Path, edits: Mapping[str, Edit]
) -> None:
    tree = project(tmp_path / "tree", edits)
    shutil.copytree(cache, tmp_path / "cache")
    on_top = read(tree, tmp_path / "cache", tmp_path / "first")
    alone = read(tree, tmp_path / "empty", tmp_path / "second")
    assert on_top.facts["nodes"] == alone.facts["nodes"]
    assert on_top.facts["sql"] == alone.facts["sql"]
    assert on_top.facts["unrendered"].keys() == alone.facts["unrendered"].keys()
    assert on_top.facts["hooks"] == alone.facts["hooks"]
    assert sorted(on_top.facts["wide"]) == sorted(alone.facts["wide"])
    assert on_top.known == alone.known
    assert (on_top.about["updates"], alone.about["updates"]) == ("dbt_project.yml" not in edits, 0)
    with DbtSession(base, FolderTree(tree), Limits(), True, tmp_path / "cache") as session:
        back, _ = rendered(session, everything="dbt_project.yml" in edits)  # the change undone, on top of it
    with DbtSession(base, None, Limits(), True) as session:
        as_it_was, _ = rendered(session, everything=True)
    assert {key: node.sql for key, node in back.head.nodes.items()} == {
        key: node.sql for key, node in as_it_was.head.nodes.items()
    }


def test_now_and_then_a_base_is_read_from_nothing(tmp_path: Path, base: Path, cache: Path) -> None:
    shutil.copytree(cache, tmp_path / "cache")
    (kept,) = (tmp_path / "cache" / "bases").iterdir()
    about = json.loads((kept / "about.json").read_text())
    (kept / "about.json").write_text(json.dumps(about | {"updates": 20}))
    tree = project(tmp_path / "tree", CHANGES["a body"])
    assert read(tree, tmp_path / "cache", tmp_path / "scratch").about["updates"] == 0


def test_an_older_base_that_is_spoilt_is_done_without(tmp_path: Path, base: Path, cache: Path) -> None:
    for name, content in {"manifest.pickle": "nonsense", "about.json": "[", "nodes.json": "{}"}.items():
        shutil.copytree(cache, tmp_path / name)
        (kept,) = (tmp_path / name / "bases").iterdir()
        (kept / name).write_text(content)
        tree = project(tmp_path / f"tree of {name}", CHANGES["a body"])
        found = read(tree, tmp_path / name, tmp_path / f"scratch of {name}")
        assert found.about["updates"] == 0
        assert "one" in found.known.columns["model.corner_shop.orders"]


def test_what_is_kept_of_base_is_another_for_another_project(tmp_path: Path, base: Path) -> None:
    other = project(tmp_path / "other", {ORDERS: lambda text: text + "\n"})
    linked = project(tmp_path / "linked", {})
    (linked / ORDERS).unlink()
    (linked / ORDERS).symlink_to(base / ORDERS)
    same = project(tmp_path / "same", {})
    (same / "target").mkdir()
    (same / "target" / "manifest.json").write_text("{}")
    assert len({digest_of(tree) for tree in (base, other, linked)}) == 3
    assert digest_of(same) == digest_of(base)


@pytest.mark.own_process
def test_a_cache_that_cannot_be_used_is_done_without(tmp_path: Path, base: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with DbtSession(base, FolderTree(base), Limits(), True, blocked) as session:
        assert session.state().modified == {}


def test_nobody_else_may_look_into_the_cache(cache: Path) -> None:
    (kept,) = (cache / "bases").iterdir()
    assert {path.name for path in kept.iterdir()} == {
        "about.json",
        "columns.json",
        "manifest.pickle",
        "nodes.json",
    }
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700


def test_a_worker_is_given_a_copy_that_it_may_spoil(base: Path, cache: Path) -> None:
    (kept,) = (cache / "bases").iterdir()
    with DbtSession(base, FolderTree(base), Limits(), True, cache) as session:
        session.state()
        given = session.scratch / "saved" / "manifest.pickle"
        assert not os.path.samefile(given, kept / "manifest.pickle")


def test_a_base_that_does_not_parse_is_told_and_not_kept(tmp_path: Path, base: Path) -> None:
    broken = project(tmp_path / "broken", {ORDERS: lambda text: text + "{{ no_such_macro() }}{% if %}"})
    with (
        DbtSession(base, FolderTree(broken), Limits(), True, tmp_path / "cache") as session,
        pytest.raises(WorkerRefused, match="orders"),
    ):
        session.state()
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("path", "text"),
    [("models/other.sql", "{{ config(alias='orders') }} select 1 as a"), ("seeds/orders.csv", "a\n1\n")],
    ids=["one relation", "one name"],
)
def test_two_nodes_of_one_relation_are_refused_in_the_words_of_dbt(
    tmp_path: Path, base: Path, cache: Path, path: str, text: str
) -> None:
    head = project(tmp_path / "head", {path: lambda _: text})
    with (
        DbtSession(head, FolderTree(base), Limits(), True, cache) as session,
        pytest.raises(WorkerRefused, match="identical database representations"),
    ):
        session.state()


def test_a_spoiled_copy_of_base_is_no_pass(tmp_path: Path, base: Path, cache: Path) -> None:
    spoiled = tmp_path / "cache"
    shutil.copytree(cache, spoiled)
    next((spoiled / "bases").iterdir()).joinpath("manifest.pickle").write_bytes(b"not a pickle")
    with DbtSession(base, FolderTree(base), Limits(), True, spoiled) as session, pytest.raises(WorkerFailed):
        session.state()
