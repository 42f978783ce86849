"""Four changes of a dbt project, judged by our gate and by three peers: who is right, and how soon.

    python -m tests.benchmarks.dbt_peers [--environments DIR]

A column that others use is dropped; a model is rewritten and stays the same; a macro drops a table while
it is rendered and a hook drops another; a filter is changed. Right is to stop the first and the last for
a person at least, to let the second through without a word, and to block the third before any of it ran:
two tables and a file tell. A fifth change is told beside them and not counted: the last, in a model that
no exposure reads.

Ours gets the repository and no policy. dbt-guard gets what `dbt compile` makes of both sides, and the
options of its documented pipeline (sources, exposures, column lineage). parrant gets what `dbt compile`
and `dbt docs generate` make of both sides against the running warehouse, as in its example workflow, and
its own ruling counts (safe, review, block); with `--fail-on tests`, its cautious gate, it would stop only
what breaks a test. dbt-bouncer gets what `dbt parse` makes, base as its state, and rules written for these
changes: no statements in macros and models, no hooks, beside those of its rules that know SQL. Its rules
on lineage need dbt 2. The dbt commands run code of the change; what they sprang is told, and their time
stands behind the plus. A tool that passes but lists findings has `noted` it, which stops nobody; one that
could not be installed or gave no report says so, and is right of nothing.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.peers.changes import CHANGES, Change, write_repository
from tests.benchmarks.peers.shop import Shop, build, check_out
from tests.benchmarks.peers.tools import PEERS, Peer, Said, gate
from tests.benchmarks.reach import Measure, report

Row = list[tuple[Change, Said, list[str]]]


def main() -> None:
    """Judge every change with every tool and print the table, what was said, and our measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--environments", type=Path, help="where the peers are installed and kept")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environments = asked.environments or folder / "environments"
        environments.mkdir(parents=True, exist_ok=True)
        _judge_all(folder, environments.resolve())


def _judge_all(folder: Path, environments: Path) -> None:
    repository, witness = folder / "repository", folder / "witness.csv"
    write_repository(repository, witness)
    (folder / "built").mkdir()
    built = build(repository, folder / "built", witness)
    rows = {"airflow-governance": _ours(repository, folder / "ours", built, witness)}
    for peer in PEERS:
        program = peer.install(environments)
        rows[f"{peer.name} {peer.version}"] = (
            [(change, Said("failed", program), []) for change in CHANGES]
            if isinstance(program, str)
            else _theirs(peer, program, repository, folder / peer.name, built, witness)
        )
    print("\n".join(_table(rows)), *_said(rows), sep="\n")
    right = _right_of_four(rows["airflow-governance"])
    report("dbt_peers", [Measure("the four changes judged rightly", "4 of 4", f"{right} of 4", right == 4)])


def _ours(repository: Path, folder: Path, built: Path, witness: Path) -> Row:
    """Our gate in the repository itself; the first look at base is told, as base is made for the peers."""
    row: Row = []
    first = gate(Shop(repository, built, witness), CHANGES[1].branch, folder / "bases")
    print(f"base: airflow-governance {first.seconds:.0f} s, with one change", flush=True)
    for change in CHANGES:
        copy = check_out(repository, change.branch, folder / change.branch, built, witness)
        shop = Shop(repository, copy.warehouse, witness)
        said = gate(shop, change.branch, folder / "bases")
        row.append((change, said, shop.sprung()))
    return row


def _theirs(peer: Peer, program: Path, repository: Path, folder: Path, built: Path, witness: Path) -> Row:
    """A peer on a clone of each branch, each with a warehouse of its own."""
    base = check_out(repository, "main", folder / "main", built, witness)
    made = peer.prepare(base)
    print(f"base: {peer.name} {made.seconds:.0f} s{', failed' if made.status else ''}", flush=True)
    row: Row = []
    for change in CHANGES:
        head = check_out(repository, change.branch, folder / change.branch, built, witness)
        said = peer.judge(program, base, head)
        row.append((change, said, head.sprung()))
    return row


def _right(change: Change, said: Said, sprung: list[str]) -> bool:
    return said.verdict in change.right and not sprung


def _right_of_four(row: Row) -> int:
    return sum(_right(*cell) for cell in row if cell[0].counted)


def _table(rows: dict[str, Row]) -> Iterator[str]:
    """One line for each tool: verdict, right or wrong, seconds of the tool plus those of dbt before it."""
    titles = [change.title for change in CHANGES]
    yield f"\n| Tool | {' | '.join(titles[:4])} | Right of four | {titles[4]} |"
    yield "|---|---|---|---|---|---|---|"
    for name, row in rows.items():
        cells = [_cell(*cell) for cell in row]
        yield f"| {name} | {' | '.join(cells[:4])} | {_right_of_four(row)} | {cells[4]} |"


def _cell(change: Change, said: Said, sprung: list[str]) -> str:
    if said.why.startswith("not installed"):
        return "not installed"
    judged = "right" if _right(change, said, sprung) else "WRONG"
    before = f" + {said.inputs:.1f}" if said.inputs else ""
    return f"{said.verdict}, {judged}{', had run' if sprung else ''}, {said.seconds:.1f}{before} s"


def _said(rows: dict[str, Row]) -> Iterator[str]:
    """What each tool said of each change in its own words, and what of the change had run by then."""
    for name, row in rows.items():
        yield f"\n{name}"
        for change, said, sprung in row:
            why = said.why if len(said.why) <= 200 else f"{said.why[:197]}..."
            ran = f" [had run: {', '.join(sprung)}]" if sprung else ""
            yield f"  {change.title}: {said.verdict}{': ' if why else ''}{why}{ran}"
    yield ""


if __name__ == "__main__":
    main()
