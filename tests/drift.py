"""Whether verdicts drift with the parser: the corpus judged under each sqlglot that pyproject.toml allows.

    python tests/drift.py [DATA_DIR]

The oldest and the newest allowed sqlglot, each compiled and pure, are put into `.drift/` and judge the
examples of all SQL rules and, when DATA_DIR is given, its `safe.jsonl` and `unsafe.jsonl`. Ends with 1
when any statement is judged more mildly than under the sqlglot that is installed, or when the pure and
the compiled build of one version differ at all.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / ".drift"
ORDER = ("pass", "review", "block")
Verdicts = dict[str, str]


def corpus(folder: str) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Name, text and context of every statement."""
    from governance.catalog import rules

    for rule in rules("sql"):
        for number, example in enumerate((*rule.good, *rule.bad)):
            text, context = example if isinstance(example, tuple) else (example, {})
            yield f"{rule.code}/{number}", text, context
    for name in ("safe", "unsafe"):
        file = Path(folder, f"{name}.jsonl")
        for number, line in enumerate(file.open("rb") if folder else ()):
            row = json.loads(line)
            yield f"{name}/{row.get('id', number)}", row["sql"], {"dialect": row["dialect"]}


def judge(folder: str) -> None:
    """Prints the version of sqlglot in use, then the verdict of each statement as one JSON object."""
    import sqlglot
    import sqlglot.tokenizer_core as core

    from governance.gate import DEFAULT_POLICY, verdict_of
    from governance.statements import examine_sql
    from governance.syntax.sql import Profile, SqlContext

    verdicts = {}
    for name, text, context in corpus(folder):
        ground: dict[str, Any] = {"dialect": "duckdb", **context}
        ground["profile"] = Profile(ground.get("profile", "read"))
        verdicts[name] = str(verdict_of(examine_sql(text, SqlContext(**ground)), DEFAULT_POLICY))
    built = "pure" if str(core.__file__).endswith(".py") else "compiled"
    json.dump([f"{sqlglot.__version__} {built}", verdicts], sys.stdout)


def judged(packages: Path | None, folder: str) -> tuple[str, Verdicts]:
    """The verdicts under the sqlglot in a folder of packages; `None` is the installed one."""
    path = {"PYTHONPATH": str(packages)} if packages else {}
    command = [sys.executable, __file__, "--judge", folder]
    done = subprocess.run(command, env={**os.environ, **path}, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise SystemExit(done.stderr)
    build, verdicts = json.loads(done.stdout)
    return build, verdicts


def installed(oldest: bool, compiled: bool) -> Path:
    """The folder into which one allowed sqlglot was put, alone."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    window = next(name for name in wanted if name.startswith("sqlglot"))
    bounds = re.sub(r"^sqlglot\[c\]", "", window)
    target = PLACE / f"{'oldest' if oldest else 'newest'}-{'compiled' if compiled else 'pure'}"
    command = ["uv", "pip", "install", "--quiet", "--target", str(target), "--upgrade"]
    command += ["--resolution", "lowest-direct"] * oldest
    subprocess.run(
        [Path(sys.executable).parent / command[0], *command[1:], f"sqlglot{'[c]' * compiled}{bounds}"],
        check=True,
    )
    return target


def drifted(name: str, before: Verdicts, after: Verdicts, either_way: bool) -> list[str]:
    """One line for each statement whose verdict fell, or changed at all when that is asked."""
    lines = []
    for key, verdict in before.items():
        milder = ORDER.index(after[key]) < ORDER.index(verdict)
        if milder or (either_way and after[key] != verdict):
            lines.append(f"{name}: {key} was {verdict} and is {after[key]}")
    return lines


def main(folder: str = "") -> int:
    """Judge under each build, print what drifted, and say whether anything did."""
    here, expected = judged(None, folder)
    print(f"{here}: {len(expected):,} statements, the measure of the others")
    bad: list[str] = []
    for oldest in (True, False):
        compiled_name, compiled = judged(installed(oldest, True), folder)
        pure_name, pure = judged(installed(oldest, False), folder)
        bad += drifted(f"{compiled_name} against {here}", expected, compiled, either_way=False)
        bad += drifted(f"{pure_name} against {compiled_name}", compiled, pure, either_way=True)
        stricter = sum(compiled[key] != verdict for key, verdict in expected.items())
        print(f"{compiled_name} and {pure_name}: {stricter} verdicts differ from {here}")
    print("\n".join(bad) or "no verdict drifted")
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--judge"]:
        judge(*sys.argv[2:])
    else:
        sys.exit(main(*sys.argv[1:]))
