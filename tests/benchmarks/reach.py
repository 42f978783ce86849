"""What the gates must reach beside what was measured: one table for all programs of a `make bench-…`.

    python tests/benchmarks/reach.py PROGRAM…

Each program leaves its measures in `.bench/reach/`; this one prints those of the last run and clears them.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

PLACE = Path(__file__).resolve().parents[2] / ".bench" / "reach"


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table: what, how far it must reach, what was measured, and whether that is met.

    `reason` says why it is not, where that is known; it is printed only then.
    """

    what: str
    target: str
    measured: str
    met: bool
    reason: str = ""


def note(program: str, measures: list[Measure]) -> None:
    """Keep what a program measured until the table is printed."""
    PLACE.mkdir(parents=True, exist_ok=True)
    (PLACE / f"{program}.json").write_text(json.dumps([asdict(measure) for measure in measures]), "utf-8")


def report(program: str, measures: list[Measure]) -> None:
    """Print what a program measured, and keep it for the table of all."""
    print(table(measures))
    note(program, measures)


def table(measures: list[Measure]) -> str:
    """The measures as plain text, in columns."""
    rows = [("reach", "target", "measured", "met")]
    rows += [(m.what, m.target, m.measured, "yes" if m.met else "NO") for m in measures]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    reasons = [f"not met: {m.what}: {m.reason}" for m in measures if m.reason and not m.met]
    return "\n".join([lines[0], "-" * sum(widths, start=6), *lines[1:], *reasons])


def main() -> None:
    """Print the table of what the named programs noted; says so when nothing was."""
    noted = [PLACE / f"{name}.json" for name in sys.argv[1:]]
    measures = [
        Measure(**row) for file in noted if file.exists() for row in json.loads(file.read_text("utf-8"))
    ]
    print(f"\n{table(measures)}" if measures else "nothing was measured")
    for file in noted:
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
