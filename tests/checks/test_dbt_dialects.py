"""Projects for other warehouses: judged in the SQL that they are written in, and base's own words are no news."""

from collections.abc import Callable
from pathlib import Path

import pytest

from governance.adapters.checkout import FolderTree
from governance.artifact import Artifact, ArtifactKind
from governance.changeset import ChangeSet
from governance.checks.dbt import dbt_checks
from governance.checks.dbt_audit import DbtOptions
from governance.finding import Finding, Severity

pytestmark = pytest.mark.dbt

FILES = {
    "dbt_project.yml": "name: p\nversion: '1.0'\nprofile: p\n",
    "models/all.yml": "sources: [{name: raw, database: proj, tables: [{name: orders}]}]\n",
    "models/stg.sql": "select id, safe_divide(amount, 100) as amount, acme.to_eur(fee) as fee"
    " from {{ source('raw', 'orders') }} as o, unnest(o.items) as i",
    "models/mart.sql": "select id, approx_quantiles(amount, 4)[offset(2)] as mid from {{ ref('stg') }} group by 1",
}
STATIC = DbtOptions(build=False)


def findings(
    folder: Path, path: str, edit: Callable[[str], str], options: DbtOptions = STATIC
) -> list[Finding]:
    for side in ("base", "head"):
        for name, text in FILES.items():
            file = folder / side / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(edit(text) if (side, name) == ("head", path) else text)
    texts = [(folder / side / path).read_bytes() for side in ("head", "base")]
    artifact = Artifact(path, ArtifactKind.DBT_MODEL, *texts)
    changeset = ChangeSet((artifact,), workdir=str(folder / "head"), base=FolderTree(folder / "base"))
    screen, impact, *_ = dbt_checks(changeset, options)
    return [*screen.run(changeset).findings, *impact.run(changeset).findings]


def test_what_duckdb_does_not_know_blocks_nothing(tmp_path: Path) -> None:
    found = findings(tmp_path, "models/mart.sql", lambda text: text.replace("mid", "middle"))
    assert {f.code for f in found if f.severity >= Severity.MEDIUM} <= {"DBT032", "DBT033"}, found


def test_a_function_that_base_calls_is_no_news_and_one_that_nobody_knows_is_for_review(
    tmp_path: Path,
) -> None:
    again = findings(tmp_path, "models/mart.sql", lambda text: text.replace("id,", "acme.to_eur(id) as id,"))
    assert [f for f in again if f.code == "SQL102"] == []
    new = findings(tmp_path, "models/mart.sql", lambda text: text.replace("id,", "acme.from_eur(id) as id,"))
    assert [f.severity for f in new if f.code == "SQL102"] == [Severity.MEDIUM]


def test_a_function_that_acts_on_some_engine_blocks(tmp_path: Path) -> None:
    found = findings(tmp_path, "models/mart.sql", lambda text: text.replace("id,", "dblink_exec(id) as id,"))
    assert [f.severity for f in found if f.code == "SQL102"] == [Severity.HIGH]


def test_what_is_wrong_with_base_as_well_is_told_once_more_when_it_grows(tmp_path: Path) -> None:
    options = DbtOptions(build=False, dialect="duckdb")  # in which neither side can be read
    same = findings(tmp_path / "same", "models/mart.sql", lambda text: text.replace("mid", "middle"), options)
    assert [f for f in same if f.severity >= Severity.HIGH] == []
    more = lambda text: text.replace("id,", "id, dblink_exec(id) as x,")  # noqa: E731
    assert [
        f.code
        for f in findings(tmp_path / "more", "models/mart.sql", more, options)
        if f.severity >= Severity.HIGH
    ]
