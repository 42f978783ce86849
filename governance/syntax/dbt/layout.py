"""Which files of a repository dbt reads, and as what."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from governance.syntax.dbt.yaml import read_yaml

PROJECT_FILE = "dbt_project.yml"
PACKAGES = "dbt_packages"


class DbtKind(StrEnum):
    """What a file is to dbt."""

    MODEL = "model"
    PYTHON_MODEL = "python model"
    MACRO = "macro"
    TEST = "test"
    SNAPSHOT = "snapshot"
    ANALYSIS = "analysis"
    SEED = "seed"
    FUNCTION = "function"
    DOCS = "docs"
    PROPERTIES = "properties"
    PROJECT = "project"
    PACKAGES = "packages"
    LOCK = "package lock"
    PROFILES = "profiles"
    SELECTORS = "selectors"
    EXPECTATIONS = "expectations"
    IGNORED = "list of ignored files"

    @property
    def is_yaml(self) -> bool:
        """Whether the file is YAML."""
        return self in _YAML

    @property
    def is_template(self) -> bool:
        """Whether the whole file is a Jinja template."""
        return self in _TEMPLATES


_YAML = frozenset(
    {
        DbtKind.PROPERTIES,
        DbtKind.PROJECT,
        DbtKind.PACKAGES,
        DbtKind.LOCK,
        DbtKind.PROFILES,
        DbtKind.SELECTORS,
        DbtKind.EXPECTATIONS,
    }
)
_TEMPLATES = frozenset(
    {
        DbtKind.MODEL,
        DbtKind.MACRO,
        DbtKind.TEST,
        DbtKind.SNAPSHOT,
        DbtKind.ANALYSIS,
        DbtKind.DOCS,
        DbtKind.FUNCTION,
    }
)
_BY_NAME = {
    PROJECT_FILE: DbtKind.PROJECT,
    "packages.yml": DbtKind.PACKAGES,
    "dependencies.yml": DbtKind.PACKAGES,
    "package-lock.yml": DbtKind.LOCK,
    "profiles.yml": DbtKind.PROFILES,
    "selectors.yml": DbtKind.SELECTORS,
    ".dbtignore": DbtKind.IGNORED,
}
_BY_FOLDER = {
    "macros": DbtKind.MACRO,
    "tests": DbtKind.TEST,
    "snapshots": DbtKind.SNAPSHOT,
    "analyses": DbtKind.ANALYSIS,
    "models": DbtKind.MODEL,
    "functions": DbtKind.FUNCTION,
}
_FOLDER_SETTINGS = {
    "macro-paths": DbtKind.MACRO,
    "test-paths": DbtKind.TEST,
    "snapshot-paths": DbtKind.SNAPSHOT,
    "analysis-paths": DbtKind.ANALYSIS,
    "model-paths": DbtKind.MODEL,
    "function-paths": DbtKind.FUNCTION,
}


def dbt_kind(path: str, folders: Mapping[str, DbtKind] = _BY_FOLDER) -> DbtKind | None:
    """What a path within a dbt project is; None when dbt does not read it."""
    place = PurePosixPath(path)
    if place.name in _BY_NAME:
        return _BY_NAME[place.name]
    if place.name.lower().endswith((".expectations.yml", ".expectations.yaml")):
        return DbtKind.EXPECTATIONS
    matching = [(folder, kind) for folder, kind in folders.items() if f"/{folder}/" in f"/{place.parent}/"]
    kind = max(matching, key=lambda pair: len(pair[0]))[1] if matching else DbtKind.MODEL
    match place.suffix.lower():
        case ".sql":
            return kind
        case ".yml" | ".yaml":
            return DbtKind.PROPERTIES
        case ".py" if matching and kind in (DbtKind.MODEL, DbtKind.FUNCTION):
            return DbtKind.PYTHON_MODEL
        case ".csv":
            return DbtKind.SEED
        case ".md" if matching:
            return DbtKind.DOCS
    return None


def project_roots(paths: Iterable[str], workdir: Path | None) -> set[str]:
    """Folders that hold a dbt project."""
    roots = set()
    for path in paths:
        place = PurePosixPath(path)
        if place.name == PROJECT_FILE:
            roots.add(_folder(place.parent))
        if workdir is not None:
            found = (parent for parent in place.parents if Path(workdir, parent, PROJECT_FILE).is_file())
            roots.update(_folder(parent) for parent in found)
    return {root for root in roots if "dbt_packages" not in PurePosixPath(root).parts}


def _folder(path: PurePosixPath) -> str:
    return "" if str(path) == "." else str(path)


def inside(path: str, root: str) -> bool:
    """Whether a path lies in a folder; the empty folder holds everything."""
    return root == "" or path.startswith(root + "/")


def project_folders(
    root: str, settings: Mapping[str, bytes | None], workdir: Path | None
) -> Mapping[str, DbtKind]:
    """The project's own folder names, beside dbt's defaults."""
    path = f"{root}/{PROJECT_FILE}".lstrip("/")
    content = settings.get(path)
    if content is None and workdir and (workdir / path).is_file():
        content = (workdir / path).read_bytes()
    document = read_yaml((content or b"").decode("utf-8", "replace"))
    folders = dict(_BY_FOLDER)
    for key, kind in _FOLDER_SETTINGS.items():
        for folder in _words(document.at(key)):
            folders[folder.strip("/")] = kind
    return folders


def _words(value: Any) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
