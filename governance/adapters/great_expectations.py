"""Expectations in a worker of their own: `python -m` this module; tables come in as Parquet files.

DuckDB judges what is proven to have Great Expectations' own result; the rest is run by Great Expectations,
which is only imported then. Results leave in the form of Great Expectations' own JSON, whoever judged, and
as counts: no value of any row is reported, unless a number of samples is asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from governance.adapters import pushdown
from governance.adapters.proposal import propose
from governance.adapters.trial import Trials
from governance.adapters.worker import Handler, serve

_COUNTS = frozenset(
    {"element_count", "unexpected_count", "unexpected_percent", "missing_count", "missing_percent"}
    | {"unexpected_percent_total", "unexpected_percent_nonmissing"}
)
_BUILT = '"memory"."main"."built_table"'
PACKAGES = ("great_expectations", "duckdb")
Asked = Mapping[str, Any]


class Engine:
    """One ephemeral context of Great Expectations, which judges pandas frames."""

    def __init__(self) -> None:
        gx = import_module("great_expectations")
        self._impl = import_module("great_expectations.expectations.registry").get_expectation_impl
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_pandas("built")
        self._definition = source.add_dataframe_asset("built").add_batch_definition_whole_dataframe("all")

    def judge(self, frame: Any, expectations: Sequence[Asked]) -> list[dict[str, Any]]:
        """An outcome for each expectation about a frame, in order."""
        batch = self._definition.get_batch({"dataframe": frame})
        return [self._one(batch, expectation) for expectation in expectations]

    def samples(self, frame: Any, expectations: Sequence[Asked], count: int) -> list[list[str]]:
        """For each expectation that a frame does not meet, as text, up to so many values that fail it."""
        batch = self._definition.get_batch({"dataframe": frame})
        results = [self._run(batch, expectation, count).get("result") or {} for expectation in expectations]
        return [[str(value) for value in result.get("partial_unexpected_list") or ()] for result in results]

    def _run(self, batch: Any, expectation: Asked, samples: int = 0) -> Mapping[str, Any]:
        """Great Expectations' own result; raises whatever it raises."""
        implementation = self._impl(expectation["type"])
        kwargs = dict(expectation["kwargs"])
        if "values_from" in expectation:
            kwargs["value_set"] = _values(**expectation["values_from"])
        form = {"result_format": "BASIC", "partial_unexpected_count": samples}
        result: Mapping[str, Any] = batch.validate(
            implementation(**kwargs), result_format=form
        ).to_json_dict()
        return result

    def _one(self, batch: Any, expectation: Asked) -> dict[str, Any]:
        try:
            outcome = self._run(batch, expectation)
        except Exception as error:  # an expectation that cannot be made or run is an outcome of its own
            return _not_judged(expectation, _reason(error))
        raised = _raised(outcome.get("exception_info"))
        if raised is not None:
            return _not_judged(expectation, raised)
        # quantiles come with numpy's own truth value, which is not `True` and which JSON does not know
        found = pushdown.Found(bool(outcome.get("success")), _counts(outcome))
        return _judged(expectation, found, "great_expectations")


class Validator:
    """Judges tables: in DuckDB as far as that is proven, in Great Expectations for the rest."""

    @cached_property
    def _engine(self) -> Engine:
        return Engine()

    def validate(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Judge expectations about one table: an outcome for each, in order."""
        connection, file = import_module("duckdb").connect(), str(request["file"])
        table = pushdown.Table.of_file(connection, file)

        def frame() -> Any:
            return connection.execute("select * from read_parquet(?)", [file]).df()

        expectations, samples = request["expectations"], int(request.get("samples", 0))
        outcomes = self._outcomes(connection, table, frame, expectations)
        failed = [place for place, outcome in enumerate(outcomes) if outcome["state"] == "failed"]
        if samples and failed:
            asked = [expectations[place] for place in failed]
            for place, values in zip(failed, self._engine.samples(frame(), asked, samples), strict=True):
                outcomes[place]["samples"] = values
        return {"outcomes": outcomes}

    def propose(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Expectations that the data of a table suggest."""
        connection = import_module("duckdb").connect()
        table = pushdown.Table.of_file(connection, str(request["file"]))
        return {"expectations": propose(connection, table)}

    def try_all(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Whether each expectation notices faults that are put into the table."""
        connection = import_module("duckdb").connect()
        connection.execute(f"create table {_BUILT} as from read_parquet(?)", [str(request["file"])])
        table = pushdown.Table.of_name(connection, _BUILT)
        if None in pushdown.judge(connection, table, request["expectations"]):
            _ = self._engine  # imported now, so that the trials' time is not spent on it
        trials = Trials(connection)

        def frame() -> Any:
            return connection.execute(f"from {_BUILT}").df()

        def notices(expectation: Asked) -> bool:
            (outcome,) = self._outcomes(connection, table, frame, [expectation])
            return bool(outcome["state"] != "met")

        answers = [
            trials.judge(
                [_BUILT],
                str(asked["kwargs"].get("column", "")),
                partial(notices, asked),
                half="mostly" in asked["kwargs"],
            )
            for asked in request["expectations"]
        ]
        return {"trials": answers}

    def _outcomes(
        self,
        connection: Any,
        table: pushdown.Table,
        frame: Callable[[], Any],
        expectations: Sequence[Asked],
    ) -> list[dict[str, Any]]:
        found = pushdown.judge(connection, table, expectations)
        left = [asked for asked, answer in zip(expectations, found, strict=True) if answer is None]
        others = iter(self._by_engine(frame, left) if left else ())
        return [
            next(others) if answer is None else _judged(asked, answer, "duckdb")
            for asked, answer in zip(expectations, found, strict=True)
        ]

    def _by_engine(self, frame: Callable[[], Any], expectations: Sequence[Asked]) -> list[dict[str, Any]]:
        try:
            data = frame()
        except import_module(
            "duckdb"
        ).Error as error:  # pandas has no place for some values, such as infinite dates
            return [_not_judged(asked, _reason(error)) for asked in expectations]
        return self._engine.judge(data, expectations)


def _judged(asked: Asked, found: pushdown.Found, judge: str) -> dict[str, Any]:
    """An outcome, and who judged."""
    state = "met" if found.success else "failed"
    return {"state": state, "reason": "", "result": _result(asked, found), "judge": judge}


def _not_judged(asked: Asked, reason: str) -> dict[str, Any]:
    result = _result(asked, pushdown.Found(False), reason)
    return {"state": "not judged", "reason": reason, "result": result, "judge": "great_expectations"}


def _result(asked: Asked, found: pushdown.Found, raised: str = "") -> dict[str, Any]:
    """Great Expectations' JSON of a result, `to_json_dict`, with what was asked as it was asked."""
    config = {"type": asked["type"], "kwargs": asked["kwargs"], "meta": {}, "severity": "critical"}
    return {
        "success": found.success,
        "expectation_config": config,
        "result": dict(found.result),
        "meta": {},
        "exception_info": {
            "raised_exception": bool(raised),
            "exception_traceback": None,
            "exception_message": raised or None,
        },
    }


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
    return kept


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {_first_line(error)}"


def _first_line(text: Any) -> str:
    return (str(text).strip().splitlines() or ["no reason given"])[0][:200]


def prepare(scratch: Path) -> Mapping[str, Handler]:
    """Offer validation; what is slow to import waits until it is needed."""
    validator = Validator()

    def draw(request: Asked) -> Asked:
        from governance.adapters.data_docs.site import build_site

        return build_site(request, scratch)

    return {
        "validate": validator.validate,
        "try": validator.try_all,
        "propose": validator.propose,
        "draw": draw,
    }


if __name__ == "__main__":
    serve(prepare)
