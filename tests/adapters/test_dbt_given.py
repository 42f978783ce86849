"""What dbt is handed beside a project: it reaches templates of both sides, and is part of what a base is."""

from pathlib import Path

import pytest

from governance.adapters.checkout import FolderTree
from governance.adapters.dbt import DbtSession, Given
from governance.adapters.dbt.base import Bases
from governance.adapters.jail import Limits

FILES = {
    "dbt_project.yml": "name: tiny\nprofile: tiny\nversion: 1.0.0\n",
    "models/raw.yml": "sources:\n  - {name: raw, tables: [{name: orders}, {name: people, columns: [{name: id}]}]}\n",
    "models/seen.sql": (
        "select {{ var('wanted') }} as a, '{{ env_var('TINY') }}' as b,\n"
        "    '{{ env_var('GATE_SECRET', 'none') }}' as d, '{{ target.name }}' as e\n"
    ),
    "models/all_of_it.sql": "select * from {{ source('raw', 'orders') }}\n",
    "models/some.sql": "select * from {{ source('raw', 'people') }}\n",
}
SEEN, ORDERS, PEOPLE = "model.tiny.seen", "source.tiny.raw.orders", "source.tiny.raw.people"
GIVEN = Given(
    {"wanted": 7, "odd": 'it\'s {{ "🙂" }}: [\\'},
    {"TINY": "small", "DBT_TARGET": "prod"},
    {ORDERS: {"id": "integer", "paid": "date"}, PEOPLE: {"name": "varchar"}},
)

pytestmark = pytest.mark.dbt


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        (tmp_path / "tiny" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tiny" / path).write_text(text)
    return tmp_path / "tiny"


def test_templates_see_what_is_given_and_nothing_else(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_SECRET", "s3cret")
    with DbtSession(tree, FolderTree(tree), Limits(), True, tmp_path / "kept", given=GIVEN) as session:
        state = session.state()
        assert state.modified == {}
        base = state.base.nodes[SEEN].sql
        head = session.render(state, [SEEN])[0].head.nodes[SEEN].sql
        assert head == base
        assert "select 7 as a, 'small' as b" in base
        assert "'none' as d, 'dev' as e" in base
        runs, tables = session.build("head", [SEEN], [SEEN])
        assert runs[SEEN].status == "success"
        assert tables[SEEN].rows == 1


def test_columns_of_production_stand_where_the_project_lists_none(tree: Path) -> None:
    with DbtSession(tree, FolderTree(tree), Limits(), True, given=GIVEN) as session:
        state = session.state()
        told = {key: dict(state.before.columns(key)) for key in ("model.tiny.all_of_it", "model.tiny.some")}
    assert list(told["model.tiny.all_of_it"]) == ["id", "paid"]
    assert "name" not in told["model.tiny.some"], "of a source that lists others the project's word counts"


OTHER = [
    Given(),
    Given({**GIVEN.vars, "wanted": 8}, GIVEN.environment, GIVEN.columns),
    Given(GIVEN.vars, {**GIVEN.environment, "TINY": "large"}, GIVEN.columns),
    Given(GIVEN.vars, GIVEN.environment, {ORDERS: {"id": "integer"}}),
]


def test_what_is_given_is_part_of_what_a_base_is_kept_by(tree: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"

    def sql(given: Given) -> str:
        with DbtSession(tree, FolderTree(tree), Limits(), True, kept, given=given) as session:
            return session.state().base.nodes[SEEN].sql

    assert "select 7 as a, 'small' as b" in sql(GIVEN)
    assert Bases(kept, given=GIVEN).get(FolderTree(tree), "") is not None
    for given in OTHER:
        assert Bases(kept, given=given).get(FolderTree(tree), "") is None
        assert Bases(kept, given=given).fitting(tree) != Bases(kept, given=GIVEN).fitting(tree), (
            "nor may it be read on top of that one"
        )
    assert len(list((kept / "bases").iterdir())) == 1
    assert "select 8 as a, 'small' as b" in sql(OTHER[1])
    assert "select 7 as a, 'large' as b" in sql(OTHER[2])
    assert "select 7 as a, 'small' as b" in sql(GIVEN)
    assert len(list((kept / "bases").iterdir())) == 3


def test_a_variable_that_is_lacking_is_no_pass(tree: Path) -> None:
    with DbtSession(tree, None, Limits(), True) as session:
        state, errors = session.render(session.state(), [SEEN])
    assert "wanted" in errors[SEEN]
    assert state.head.nodes[SEEN].sql == ""
