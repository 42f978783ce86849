"""Expectations about a table in a Parquet file: who judges them, and with what result."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from governance.adapters.great_expectations import Validator
from governance.adapters.jail import Limits
from governance.adapters.worker import Worker

MODULE = "governance.adapters.great_expectations"
QUANTILES = {"quantiles": [0.5], "value_ranges": [[0, 9]]}
Judge = Callable[..., list[dict[str, Any]]]

pytestmark = pytest.mark.xdist_group("great expectations")


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def file(folder: Path, query: str) -> str:
    path = folder / "table.parquet"
    duckdb.execute(f"copy ({query}) to '{path}' (format parquet)")
    return str(path)


def asked(kind: str, **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "kwargs": kwargs}


def test_great_expectations_is_not_imported_when_duckdb_judges_all(tmp_path: Path) -> None:
    request = {
        "table": "t",
        "file": file(tmp_path, "select range as id from range(9)"),
        "expectations": [
            asked("column_values_to_be_unique", column="id"),
            asked("table_row_count_to_equal", value=9),
        ],
    }
    script = (
        "import json, sys\n"
        f"from {MODULE} import Validator\n"
        "validator, request = Validator(), json.loads(sys.argv[1])\n"
        "print(json.dumps([validator.validate(request), validator.try_all(request)]))\n"
        "print(sorted({'great_expectations', 'pandas', 'numpy'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", script, json.dumps(request)]
    answers, imported = subprocess.run(
        command, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    validated, tried = json.loads(answers)
    assert [outcome["judge"] for outcome in validated["outcomes"]] == ["duckdb", "duckdb"]
    assert [trial["noticed"] for trial in tried["trials"]] == [1, 1]
    assert imported == "[]"


def test_what_duckdb_leaves_great_expectations_judges_and_the_order_stays(
    validator: Validator, tmp_path: Path
) -> None:
    expectations = [
        asked(
            "column_quantile_values_to_be_between",
            column="id",
            quantile_ranges=QUANTILES,
            allow_relative_error="linear",
        ),
        asked("column_values_to_be_between", column="id", min_value=1),
        asked("column_values_to_be_between", column="no such column", min_value=1),
        asked("the_unexpected"),
    ]
    path = file(tmp_path, "select range as id from range(4)")
    outcomes = validator.validate({"table": "t", "file": path, "expectations": expectations})["outcomes"]
    assert [(o["state"], o["judge"]) for o in outcomes] == [
        ("met", "great_expectations"),
        ("failed", "duckdb"),
        ("not judged", "great_expectations"),
        ("not judged", "great_expectations"),
    ]
    assert outcomes[1]["result"]["result"]["unexpected_count"] == 1
    assert outcomes[1]["result"]["expectation_config"]["kwargs"] == {"column": "id", "min_value": 1}
    json.dumps(outcomes)


def test_what_is_kept_is_great_expectations_own_json_without_rows(
    validator: Validator, tmp_path: Path
) -> None:
    """Whoever judged: held against what Great Expectations itself writes of the same table."""
    expectations = [
        asked("column_values_to_be_in_set", column="code", value_set=["ok"], mostly=0.9),
        asked("table_row_count_to_equal", value=9),
        asked("column_values_to_not_be_null", column="code"),
        asked("column_value_lengths_to_equal", column="code", value="two"),
    ]
    path = file(tmp_path, "select unnest(['secret', 'ok', null]) as code")
    outcomes = validator.validate({"table": "t", "file": path, "expectations": expectations})["outcomes"]
    engine = validator._engine
    batch = engine._definition.get_batch({"dataframe": duckdb.execute(f"from '{path}'").df()})
    for expectation, outcome in zip(expectations, outcomes, strict=True):
        try:
            own = dict(engine._run(batch, expectation, 5))
        except Exception:  # it makes no JSON of an expectation that it cannot make
            own = {}
        kept = dict(outcome["result"])
        assert "secret" not in json.dumps(kept)
        assert kept["success"] is own.get("success", False)
        assert {"success", "expectation_config", "result", "meta", "exception_info"} == set(kept)
        config = {**own.get("expectation_config", kept["expectation_config"])}
        config["kwargs"] = {key: value for key, value in config["kwargs"].items() if key != "batch_id"}
        assert kept["expectation_config"] == config
        rows = ("partial_unexpected_list", "partial_unexpected_counts", "partial_unexpected_index_list")
        assert kept["result"] == {k: v for k, v in own.get("result", {}).items() if k not in rows}
        if own:
            assert kept["exception_info"] == own["exception_info"]
    assert [outcome["judge"] for outcome in outcomes[1:3]] == ["duckdb", "duckdb"]
    assert outcomes[3]["result"]["exception_info"]["raised_exception"] is True


def test_dates_that_pandas_cannot_hold_are_not_judged_by_it(validator: Validator, tmp_path: Path) -> None:
    path = file(tmp_path, "select unnest(['infinity'::date, '2020-01-01']) as day")
    expectations = [
        asked("column_values_to_not_be_null", column="day"),
        asked("column_values_to_be_between", column="day", min_value="2019-01-01 00:00:00"),
    ]
    outcomes = validator.validate({"table": "t", "file": path, "expectations": expectations})["outcomes"]
    assert [outcome["state"] for outcome in outcomes] == ["met", "not judged"]
    assert "infinity" in outcomes[1]["reason"]


@pytest.mark.parametrize(
    ("other", "state", "judge"),
    [
        ("select unnest([1, 2, 3, null]) as id", "met", "duckdb"),
        ("select unnest([1, 2]) as id", "failed", "duckdb"),
        ("select unnest(['1', '2', '3']) as id", "failed", "great_expectations"),
        ("select 1 as id where false", "failed", "great_expectations"),
    ],
)
def test_values_of_another_table(
    validator: Validator, tmp_path: Path, other: str, state: str, judge: str
) -> None:
    path = tmp_path / "other.parquet"
    duckdb.execute(f"copy ({other}) to '{path}' (format parquet)")
    expectation = asked("column_values_to_be_in_set", column="id") | {
        "values_from": {"file": str(path), "column": "id"}
    }
    request = {
        "table": "t",
        "file": file(tmp_path, "select unnest([1, 3, 3]) as id"),
        "expectations": [expectation],
    }
    (outcome,) = validator.validate(request)["outcomes"]
    assert (outcome["state"], outcome["judge"]) == (state, judge)


def test_in_the_jail(tmp_path: Path) -> None:
    expectations = [asked("column_values_to_match_regex", column="code", regex=r"^\d+$")]
    path = file(tmp_path, "select range::varchar as code from range(9)")
    with Worker(MODULE, tmp_path, Limits(seconds=60)) as worker:
        answer = worker.ask("validate", table="t", file=path, expectations=expectations)
        assert answer["outcomes"][0]["state"] == "met"
        answer = worker.ask("try", table="t", file=path, expectations=expectations)
        assert answer["trials"][0]["noticed"] == 1


def test_samples_are_only_told_when_they_are_asked_for(validator: Validator, tmp_path: Path) -> None:
    request = {
        "table": "t",
        "file": file(tmp_path, "select unnest(['a', 'b', 'c', 'ok']) as code"),
        "expectations": [
            asked("column_values_to_be_in_set", column="code", value_set=["ok"]),
            asked("column_values_to_not_be_null", column="code"),
            asked("table_row_count_to_equal", value=9),
        ],
    }
    assert all("samples" not in outcome for outcome in validator.validate(request)["outcomes"])
    first, second, third = validator.validate(request | {"samples": 2})["outcomes"]
    assert (first["samples"], third["samples"]) == (["a", "b"], [])
    assert "samples" not in second


@pytest.mark.parametrize(
    "name", ["number", "before", "value", "rowid", "file_row_number", "_gx_before", 'a"b']
)
def test_columns_called_like_our_own(validator: Validator, tmp_path: Path, name: str) -> None:
    quoted = name.replace('"', '""')
    request = {
        "table": "t",
        "file": file(tmp_path, f'select unnest([3, 1, 1]) as "{quoted}", unnest([1, 2, 3]) as other'),
        "expectations": [
            asked("column_values_to_be_increasing", column="other"),
            asked("column_values_to_be_increasing", column=name),
            asked("column_values_to_be_unique", column=name),
            asked("column_most_common_value_to_be_in_set", column=name, value_set=[1]),
            asked("table_column_count_to_equal", value=2),
        ],
    }
    outcomes = validator.validate(request)["outcomes"]
    assert [outcome["state"] for outcome in outcomes] == ["met", "failed", "failed", "met", "met"]
    counts = [outcome["result"]["result"].get("unexpected_count") for outcome in outcomes]
    assert counts == [0, 1, 2, None, None]
