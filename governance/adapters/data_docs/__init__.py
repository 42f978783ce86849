"""Great Expectations' own pages of what was judged, drawn in the jail from the outcomes that are kept.

Nothing is judged for them. As Great Expectations writes them, pages load styles and scripts from eight public
servers and hold what was judged as HTML; these load nothing and run nothing, which their own content policy
sees to, so that an agent's suite cannot make a reviewer's browser do anything.
"""

import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from governance.adapters.jail import Limits
from governance.adapters.worker import Worker
from governance.errors import InvalidInput

MODULE = "governance.adapters.great_expectations"
FIRST_PAGE = "index.html"
_SECTIONS = ("expectations", "validations")
_LONGEST_NAME = 120
Outcomes = Sequence[Mapping[str, Any]]


def refuse_used(folder: Path) -> None:
    """Raises InvalidInput for a folder that holds anything: pages of two runs would tell a mixture."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(f"{folder}: there is something already", "Name an empty folder, or a new one.")


def write_pages(
    outcomes: Mapping[str, Outcomes], judged_at: str, folder: Path, limits: Limits, jail_required: bool
) -> int:
    """Write the pages of models, each with its outcomes, into a folder; how many models they show.

    Raises InvalidInput when there is nothing to show or no place for it, WorkerFailed when one is not drawn.
    """
    if not outcomes:
        cure = "They show what a change of a dbt project, judged with --base, builds and validates."
        raise InvalidInput("no pages to write: no output was validated", cure)
    refuse_used(folder)
    with tempfile.TemporaryDirectory(prefix="governance-pages-") as scratch:
        place = Path(scratch).resolve()
        with Worker(MODULE, place, limits, jail_required=jail_required) as worker:
            names = zip(_names(outcomes), outcomes.values(), strict=True)
            suites = [{"name": name, "outcomes": list(found)} for name, found in names]
            worker.ask("draw", suites=suites, judged_at=judged_at)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place / "pages" / FIRST_PAGE, folder / FIRST_PAGE)
            for section in _SECTIONS:
                shutil.copytree(place / "pages" / section, folder / section)
        except OSError as error:
            reason = error.strerror or error
            raise InvalidInput(f"{folder}: cannot be written: {reason}", "Check the folder.") from error
    return len(outcomes)


def _names(models: Iterable[str]) -> list[str]:
    """Names of suites: they become names of files, at each dot of a folder."""
    found: list[str] = []
    for model in models:
        plain = re.sub(r"[^\w.-]", "_", model)[:_LONGEST_NAME]
        name = re.sub(r"\.{2,}", ".", plain).strip(".") or "model"
        while name in found:
            name += "_"
        found.append(name)
    return found
