"""Reads the dbt files of a change set, each on both sides, together with what the project defines."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath

from governance.artifact import Artifact, ArtifactKind, Change
from governance.changeset import ChangeSet
from governance.errors import InvalidInput
from governance.syntax.dbt.change import DbtChange, Project, Source
from governance.syntax.dbt.effects import macro_effects
from governance.syntax.dbt.jinja import read_template
from governance.syntax.dbt.layout import (
    PROJECT_FILE,
    DbtKind,
    dbt_kind,
    inside,
    project_folders,
    project_roots,
)
from governance.syntax.dbt.surroundings import Surroundings, called_in_hooks, guarded
from governance.syntax.dbt.template import Template
from governance.syntax.dbt.tests import read_tests
from governance.syntax.dbt.yaml import read_yaml

_BY_ARTIFACT = {
    ArtifactKind.DBT_MODEL: DbtKind.MODEL,
    ArtifactKind.DBT_MACRO: DbtKind.MACRO,
    ArtifactKind.DBT_TEST: DbtKind.TEST,
    ArtifactKind.DBT_YAML: DbtKind.PROPERTIES,
    ArtifactKind.DBT_DATA: DbtKind.SEED,
    ArtifactKind.EXPECTATIONS: DbtKind.EXPECTATIONS,
}

_MODELS = (DbtKind.MODEL, DbtKind.SNAPSHOT, DbtKind.SEED)
_Side = tuple[Artifact, DbtKind, Source, Source]
_SECTION = re.compile(
    r"^# (\S+)(, before|, deleted|)\n(.*?)\n?(?=^# \S+\.\S*(?:, before|, deleted)?$)",
    re.MULTILINE | re.DOTALL,
)


def read_changes(changeset: ChangeSet) -> tuple[DbtChange, ...]:
    """The dbt files of a change set, each read on both sides; never raises on their content."""
    workdir = Path(changeset.workdir) if changeset.workdir else None
    grouped: dict[str, list[tuple[Artifact, DbtKind]]] = {}
    settings = {a.path: a.content for a in changeset.artifacts if a.path.endswith(PROJECT_FILE)}
    roots = project_roots([artifact.path for artifact in changeset.artifacts], workdir)
    for artifact in changeset.artifacts:
        root = max((r for r in roots if inside(artifact.path, r)), key=len, default=None)
        kind = _BY_ARTIFACT.get(artifact.kind)
        if root is not None:
            within = artifact.path[len(root) :].lstrip("/")
            kind = dbt_kind(within, project_folders(root, settings, workdir)) or kind
        elif kind is not None:
            kind = dbt_kind(artifact.path) or kind
        if kind is not None:
            grouped.setdefault(root or "", []).append((artifact, kind))
    return tuple(change for root, files in grouped.items() for change in _read_project(root, files, workdir))


def case(path: str, base: str | None, head: str | None, *beside: tuple[str, str | None, str | None]) -> str:
    """A change in source form, for the examples of rules: each file under its name, base before head."""
    sections = []
    for name, before, now in ((path, base, head), *beside):
        sections += [f"# {name}, before\n{before}"] if before is not None else []
        sections += [f"# {name}\n{now}"] if now is not None else [f"# {name}, deleted\n"]
    return "\n".join(section.rstrip("\n") for section in sections)


def read_case(text: str) -> DbtChange:
    """The first file of a case as a change; the others are changed beside it."""
    files: dict[str, list[str | None]] = {}
    for name, state, body in _SECTION.findall(text + "\n# end.\n"):
        sides = files.setdefault(name, [None, None])
        if state != ", deleted":
            sides[state == ""] = body
    first, *others = [(name, base, head) for name, (base, head) in files.items()]
    return example(*first, *others)


def example(
    path: str, base: str | None, head: str | None, *beside: tuple[str, str | None, str | None]
) -> DbtChange:
    """A change made of two texts, for examples and tests; `beside` is what else the change set holds."""
    files = [(path, base, head), *beside]
    read = [
        (Artifact(name, ArtifactKind.OTHER, _encode(now), _encode(was)), dbt_kind(name) or DbtKind.MODEL)
        for name, was, now in files
    ]
    return next(iter(_read_project("", read, None)))


def _encode(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _read_project(
    root: str, files: list[tuple[Artifact, DbtKind]], workdir: Path | None
) -> Iterator[DbtChange]:
    sides = [(artifact, kind, *_sides(artifact, kind)) for artifact, kind in files]
    templates = {artifact.path: head.template for artifact, _, head, _ in sides}
    settings = {artifact.path: artifact.content for artifact, _ in files}
    templates = _macro_templates(root, workdir, project_folders(root, settings, workdir)) | templates
    packaged = {path: template for path, template in templates.items() if "dbt_packages/" in path}
    around = _surroundings(root, workdir, sides, templates)
    logic, macros = _logic_changed(sides), _macros_changed(sides)
    own = frozenset(name for template in templates.values() for name in template.macros)
    said_anew = any(head.template.bodies != base.template.bodies for _, _, head, base in sides)
    project = Project(
        root,
        macro_effects(templates),
        own,
        around.built_from(_guarded(sides), logic) | logic,
        frozenset(key for _, kind, head, _ in sides for key in _tests(kind, head)),
        frozenset(name for template in templates.values() for name in template.changers),
        frozenset(path.partition("dbt_packages/")[2].partition("/")[0] for path in packaged),
        frozenset(name for template in packaged.values() for name in template.macros),
        around.hooked() if said_anew else frozenset(),
        around.run() if said_anew else frozenset(),
        dict(_tested_by(macros, around, logic)),
        _hook_calls(root, workdir, sides, own),
        dict(_left_out(sides)),
        frozenset(word for _, kind, head, base in sides if kind in _MODELS for word in _new(head, base)),
        frozenset(_stem(a) for a, kind, *_ in sides if kind in _MODELS and a.change is Change.DELETED),
        {model: around.described(model) for model in _suites(sides)},
        {path: around.given(path) for path in templates if "/fixtures/" in path},
    )
    for artifact, kind, head, base in sides:
        dialect = artifact.dialect or "duckdb"
        yield DbtChange(artifact.path, kind, artifact.change, head, base, project, dialect)


def _sides(artifact: Artifact, kind: DbtKind) -> tuple[Source, Source]:
    head = Source() if artifact.content is None else _source(artifact, kind, base=False)
    base = Source() if artifact.base is None else _source(artifact, kind, base=True)
    return head, base


def _source(artifact: Artifact, kind: DbtKind, base: bool) -> Source:
    if artifact.link and not base:
        return Source(problem="a symbolic link")
    try:
        text = artifact.base_text if base else artifact.text
    except InvalidInput as error:
        return Source(problem=error.message)
    if kind.is_yaml:
        document = read_yaml(text)
        return Source(text, document=document, problem=document.problem, problem_at=document.problem_at)
    if kind.is_template:
        template = read_template(text)
        return Source(text, template, problem=template.problem, problem_at=template.problem_at)
    return Source(text, columns=_header(text)) if kind is DbtKind.SEED else Source(text)


def _header(text: str) -> tuple[str, ...]:
    """The first record of a seed: dbt puts these names between quotes and escapes nothing in them."""
    try:
        return tuple(next(csv.reader(io.StringIO(text.removeprefix("\ufeff"))), ()))
    except csv.Error:  # building it says what is wrong
        return ()


def _surroundings(
    root: str, workdir: Path | None, sides: list[_Side], templates: Mapping[str, Template]
) -> Surroundings:
    heads = {artifact.path.removeprefix(root).lstrip("/"): head.text for artifact, _, head, _ in sides}
    return Surroundings(workdir / root if workdir else None, heads, templates)


def _logic_changed(sides: list[_Side]) -> dict[str, str]:
    """Models, snapshots, seeds and macros whose text changed, with their paths."""
    kinds = (DbtKind.MODEL, DbtKind.PYTHON_MODEL, DbtKind.SNAPSHOT, DbtKind.SEED)
    models = {
        PurePosixPath(artifact.path).stem: artifact.path
        for artifact, kind, head, base in sides
        if kind in kinds and artifact.change is Change.MODIFIED and head.text.split() != base.text.split()
    }
    return _macros_changed(sides) | models


def _macros_changed(sides: list[_Side]) -> dict[str, str]:
    """Macros of base that say something else now; a generic test stands among them as `test:<name>`."""
    return {
        name: artifact.path
        for artifact, _, head, base in sides
        for name, body in base.template.bodies.items()
        if head.template.bodies.get(name, body) != body
    }


def _hook_calls(root: str, workdir: Path | None, sides: list[_Side], own: frozenset[str]) -> frozenset[str]:
    """Macros of the project that a hook calls, as one of base does, and that the change leaves alone."""
    called = {name for artifact, _, head, _ in sides for name in called_in_hooks(artifact.path, head.text)}
    changed = {
        name
        for _, _, head, base in sides
        for name, body in head.template.bodies.items()
        if base.template.bodies.get(name) != body
    }
    before = {artifact.path.removeprefix(root).lstrip("/"): base.text for artifact, _, _, base in sides}
    return Surroundings(workdir / root if workdir else None, before, {}).in_hooks((called & own) - changed)


def _stem(artifact: Artifact) -> str:
    return PurePosixPath(artifact.path).stem


def _new(head: Source, base: Source) -> frozenset[str]:
    return _words(head.text) - _words(base.text)


def _left_out(sides: list[_Side]) -> Iterator[tuple[str, frozenset[str]]]:
    """What models say no more; one with a star may still put out what it has left out."""
    for artifact, kind, head, base in sides:
        if kind in _MODELS and "*" not in head.text.replace("count(*)", ""):
            yield _stem(artifact), _new(base, head)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))


def _guarded(sides: list[_Side]) -> set[str]:
    """What those tests and expectations of base are about that are gone or say something else."""
    named: set[str] = set()
    for artifact, kind, head, base in sides:
        now = read_tests(head.document)
        for key, test in read_tests(base.document).items():
            if key not in now or now[key].options != test.options:
                named.add(guarded(test))
        if kind is DbtKind.TEST:
            refs = [m for m in base.template.mentions if m.path[-1] == "ref" and m.args]
            named |= {mention.args[-1].text for mention in refs}
        elif kind is DbtKind.EXPECTATIONS:
            named.add(PurePosixPath(artifact.path).name.partition(".")[0])
    return named - {""}


def _suites(sides: list[_Side]) -> set[str]:
    """The models whose suite of expectations changed."""
    paths = (artifact.path for artifact, kind, _, _ in sides if kind is DbtKind.EXPECTATIONS)
    return {PurePosixPath(path).name.partition(".")[0] for path in paths}


def _tests(kind: DbtKind, head: Source) -> Iterator[tuple[str, ...]]:
    """What head tests: the tests of its YAML by what they guard, a query of its own by its words."""
    yield from read_tests(head.document)
    if kind is DbtKind.TEST and head.text:
        yield ("query", *head.text.split())


def _tested_by(
    macros: Mapping[str, str], around: Surroundings, changed: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Generic tests that say something else, each with a changed file of something that they guard."""
    models = {name: path for name, path in changed.items() if ":" not in name}
    for name in macros if models else ():
        if name.startswith("test:"):
            built = around.built_from(around.tested(name.removeprefix("test:")), models)
            yield from ((name, path) for path in built.values())


def _macro_templates(root: str, workdir: Path | None, folders: Mapping[str, DbtKind]) -> dict[str, Template]:
    """Every macro file of the project and its installed packages, as they stand at head."""
    if workdir is None:
        return {}
    found = {}
    base = workdir / root
    own = [folder for folder, kind in folders.items() if kind is DbtKind.MACRO]
    own += [f"{folder}/generic" for folder, kind in folders.items() if kind is DbtKind.TEST]
    files = {file for folder in own if _is_within(folder) for file in base.glob(f"{folder}/**/*.sql")}
    for file in sorted(files) + sorted(base.glob("dbt_packages/*/macros/**/*.sql")):
        if file.is_file() and not file.is_symlink():
            text = file.read_bytes().decode("utf-8", "replace")
            found[file.relative_to(workdir).as_posix()] = _read_macros(text)
    return found


def _is_within(folder: str) -> bool:
    """Whether a folder's name is a plain one below the project."""
    return not {"..", "", "*", "**"}.intersection(folder.split("/")) and not any(c in folder for c in "*?[")


@lru_cache(maxsize=512)
def _read_macros(text: str) -> Template:
    """A file of macros, which most changes of a project leave as they are."""
    return read_template(text)
