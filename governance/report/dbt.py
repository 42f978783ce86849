"""What a dbt change does, on a few lines: its class, who reads what differs, the data of both sides."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from governance.decision import Decision
from governance.report.inert import one_line

_GRAVEST_FIRST = ("unknown", "breaking", "semantic", "additive", "none")
_SAID = {
    "added": "is new",
    "removed": "is removed",
    "renamed": "is renamed to {}",
    "retyped": "is of type {} now",
    "recomputed": "is computed otherwise",
    "rows": "has other rows",
    "broken": "no longer binds",
    "unknown": "cannot be told apart from base",
}
_NAMED, _WITH_PATH, _COLUMNS, _LINES = 6, 2, 3, 16
_PASSED, _FAILED = ("pass", "success"), ("fail", "warn")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that differs: `what` it is and who reads it. `grade` is its class, or `data` or `built`."""

    grade: str
    what: str
    readers: str = ""

    def __str__(self) -> str:
        return self.what + (f"; read by {self.readers}" if self.readers else "")


def projects(decision: Decision) -> dict[str, list[Line]]:
    """By the folder of each dbt project that was rendered, what the change does there, gravest first."""
    found = {}
    for root, known in _evidence(decision, "dbt-impact").items():
        changed = known.get("changes") or {}
        lines = sorted(_lines(changed), key=lambda line: _GRAVEST_FIRST.index(line.grade))
        if len(lines) > _LINES:
            lines = [*lines[:_LINES], Line("", f"and {len(lines) - _LINES} more differences")]
        built = _evidence(decision, "dbt-build").get(root) or {}
        lines += _data(changed, built.get("differences") or {})
        lines += _built(built, _evidence(decision, "outputs").get(root) or {})
        found[root] = lines
    return {root: lines for root, lines in found.items() if lines}


def block(decision: Decision) -> list[str]:
    """The same as lines of plain text; none where no dbt project was rendered."""
    text = []
    for root, lines in projects(decision).items():
        text.append(f"dbt {one_line(root)}" if root != "." else "dbt")
        text += [f"    {line.grade:9} {one_line(str(line))}" for line in lines]
        text.append("")
    return text


def _evidence(decision: Decision, check: str) -> Mapping[str, Any]:
    return next((report.evidence for report in decision.reports if report.check == check), {})


def _lines(changed: Mapping[str, Any]) -> Iterator[Line]:
    for node in changed.values():
        name, columns = node["name"], node["columns"]
        if node.get("removed"):
            yield Line(node["class"], f"{node['kind']} {name} is removed", _readers(node))
        elif node["new"] and not columns:
            yield Line(node["class"], f"{node['kind']} {name} is new")
        elif not columns:
            said = "says the same as at base" if node["class"] == "none" else "could not be rendered"
            yield Line(node["class"], f"{name} {said}")
        for column in columns:
            what = f"{name}.{column['column']}" if column["column"] else name
            said = _SAID.get(column["change"], column["change"]).format(column.get("became", ""))
            yield Line(column["class"], f"{what} {said}", _readers(column))


def _readers(told: Mapping[str, Any]) -> str:
    readers = told.get("readers") or []
    kept = [_reader(reader, with_path=len(readers) <= _WITH_PATH) for reader in readers[:_NAMED]]
    more = len(readers) - len(kept) + told.get("more_readers", 0)
    return ", ".join(kept) + (f" and {more} more" if more else "")


def _reader(reader: Mapping[str, Any], with_path: bool) -> str:
    columns = reader["columns"]
    names = [f"{reader['name']}.{column}" for column in columns] if len(columns) <= _COLUMNS else []
    words = ", ".join(names) or reader["name"]
    words = words if reader["kind"] == "model" else f"{reader['kind'].replace('_', ' ')} {reader['name']}"
    notes = [*([reader["path"]] if with_path else []), *(["contract"] if reader["contract"] else [])]
    return f"{words} ({', '.join(notes)})" if notes else words


def _data(changed: Mapping[str, Any], differences: Mapping[str, Any]) -> Iterator[Line]:
    for key, found in differences.items():
        name = changed[key]["name"] if key in changed else key
        before, now = found["rows"]
        words = [f"{before:,} rows become {now:,}" if before != now else f"{now:,} rows as before"]
        words += [f"{found['lost']:,} keys are gone"] if found["lost"] else []
        words += [f"{found['gained']:,} keys are new"] if found["gained"] else []
        other = {name: counts["changed"] for name, counts in found["columns"].items() if counts["changed"]}
        unit = "rows" if found["lost"] is not None else "values"
        words += [f"{column} differs in {count:,} {unit}" for column, count in list(other.items())[:_COLUMNS]]
        words += [f"{len(other) - _COLUMNS} more columns differ"] if len(other) > _COLUMNS else []
        words += ["no value differs"] if len(words) == 1 and before == now and not other else []
        yield Line("data", f"{name}: {', '.join(words)}")


def _built(built: Mapping[str, Any], outcomes: Mapping[str, Any]) -> Iterator[Line]:
    runs = {key: status for key, status in built.items() if isinstance(status, str)}
    tests = {key: status for key, status in runs.items() if key.partition(".")[0] in ("test", "unit_test")}
    states = Counter(outcome["state"] for found in outcomes.values() for outcome in found)
    parts = [
        _counted("nodes", Counter(_ended(runs[key]) for key in runs if key not in tests), "built"),
        _counted("tests", Counter(_ended(status) for status in tests.values()), "passed"),
        _counted("expectations", states, "met"),
    ]
    if any(parts):
        yield Line("built", "; ".join(filter(None, parts)))


def _ended(status: str) -> str:
    if status in _PASSED:
        return "well"
    return "failed" if status in _FAILED else "not run" if status == "skipped" else "broken"


def _counted(what: str, counts: Counter[str], well: str) -> str:
    said = [f"{counts['well'] + counts[well]} {well}"]
    said += [f"{count} {how}" for how, count in sorted(counts.items()) if how not in ("well", well)]
    return f"{what}: {', '.join(said)}" if counts else ""
