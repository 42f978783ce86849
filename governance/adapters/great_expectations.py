"""Great Expectations in a worker of its own: `python -m` this module; tables come in as Parquet files.

Results leave it as counts: no value of any row is reported, whatever the expectation observed.
"""

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from governance.adapters.trial import Trials
from governance.adapters.worker import Handler, serve

_COUNTS = frozenset(
    {"element_count", "unexpected_count", "unexpected_percent", "missing_count", "missing_percent"}
)
PACKAGES = ("great_expectations", "duckdb")


class Validator:
    """One ephemeral context of Great Expectations, and the tables it was given."""

    def __init__(self) -> None:
        gx = import_module("great_expectations")
        self._impl = import_module("great_expectations.expectations.registry").get_expectation_impl
        self._context = gx.get_context(mode="ephemeral")
        self._source = self._context.data_sources.add_pandas("built")

    def validate(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run expectations over one table: an outcome for each, in order."""
        name, file = str(request["table"]), str(request["file"])
        asset = self._source.add_dataframe_asset(name)
        definition = asset.add_batch_definition_whole_dataframe("all")
        batch = definition.get_batch({"dataframe": _frame(file)})
        return {"outcomes": [self._one(batch, expectation) for expectation in request["expectations"]]}

    def try_all(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Whether each expectation notices faults that are put into the table."""
        duckdb = import_module("duckdb")
        connection = duckdb.connect()
        connection.execute("create table built_table as from read_parquet(?)", [str(request["file"])])
        asset = self._source.add_dataframe_asset(f"{request['table']} damaged")
        definition = asset.add_batch_definition_whole_dataframe("all")
        trials = Trials(connection)

        def notices(expectation: Mapping[str, Any]) -> bool:
            frame = connection.execute("from built_table").df()
            outcome = self._one(definition.get_batch({"dataframe": frame}), expectation)
            return bool(outcome["state"] != "met")

        relation = '"memory"."main"."built_table"'
        answers = [
            trials.judge([relation], str(asked["kwargs"].get("column", "")), partial(notices, asked))
            for asked in request["expectations"]
        ]
        return {"trials": answers}

    def _one(self, batch: Any, expectation: Mapping[str, Any]) -> dict[str, Any]:
        try:
            implementation = self._impl(expectation["type"])
            kwargs = dict(expectation["kwargs"])
            if "values_from" in expectation:
                kwargs["value_set"] = _values(**expectation["values_from"])
            result = batch.validate(
                implementation(**kwargs),
                result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
            )
            outcome = result.to_json_dict()
        except Exception as error:  # an expectation that cannot be made or run is an outcome of its own
            return {"state": "not judged", "reason": _reason(error), "result": {}}
        raised = _raised(outcome.get("exception_info"))
        if raised is not None:
            return {"state": "not judged", "reason": raised, "result": {}}
        state = "met" if outcome.get("success") is True else "failed"
        return {"state": state, "reason": "", "result": {**_counts(outcome), "kwargs": expectation["kwargs"]}}


def _frame(file: str) -> Any:
    duckdb = import_module("duckdb")
    return duckdb.connect().execute("select * from read_parquet(?)", [file]).df()


def _values(file: str, column: str) -> list[Any]:
    duckdb = import_module("duckdb")
    quoted = '"' + column.replace('"', '""') + '"'
    query = f"select distinct {quoted} from read_parquet(?) where {quoted} is not null"
    return [value for (value,) in duckdb.connect().execute(query, [file]).fetchall()]


def _raised(info: Any) -> str | None:
    """The reason when any metric of an expectation raised; Great Expectations nests them by metric."""
    if not isinstance(info, Mapping):
        return None
    if info.get("raised_exception") is True:
        return _first_line(info.get("exception_message"))
    return next((reason for value in info.values() if (reason := _raised(value)) is not None), None)


def _counts(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Great Expectations' own result without a single value from a row."""
    result = outcome.get("result") or {}
    kept = {key: value for key, value in result.items() if key in _COUNTS}
    config = outcome.get("expectation_config") or {}
    if str(config.get("type", "")).startswith("expect_table_"):
        observed = result.get("observed_value")
        kept |= {"observed_value": observed} if isinstance(observed, int | float) else {}
    return {"success": outcome.get("success"), "type": config.get("type"), "result": kept}


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {_first_line(error)}"


def _first_line(text: Any) -> str:
    return (str(text).strip().splitlines() or ["no reason given"])[0][:200]


def prepare(scratch: Path) -> Mapping[str, Handler]:
    """Import Great Expectations (the slow part) and offer validation."""
    validator = Validator()
    return {"validate": validator.validate, "try": validator.try_all}


if __name__ == "__main__":
    serve(prepare)
