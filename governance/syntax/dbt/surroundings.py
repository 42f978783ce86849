"""What the files around a change say: what is built from it, what a hook runs, which test guards what."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath

from governance.syntax.dbt.described import descriptions
from governance.syntax.dbt.jinja import read_template
from governance.syntax.dbt.template import HOOKS, Mention, Template
from governance.syntax.dbt.tests import DbtTest, read_tests
from governance.syntax.dbt.yaml import normal, read_yaml

_NOT_OURS = frozenset({"dbt_packages", "dbt_modules", "target", "logs", "node_modules"})
_REFERRED = re.compile(r"\bref\s*\(\s*(?:['\"][^'\"]+['\"]\s*,\s*)?['\"]([^'\"]+)['\"]")
_CALLED = re.compile(r"\b(\w+)\s*\(")
_ASIDE = re.compile(
    r"""(?P<kept>'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\$\w*\$.*?\$\w*\$)"""
    r"""|\{#.*?#\}|--(?=\s)(?:(?!\{[{%]).)*?$|/\*(?!!)(?:(?!\*/|\{[{%]).)*\*/""",
    re.DOTALL | re.MULTILINE,
)
_CONFIG = re.compile(r"\{\{-?\s*config\s*\((?:(?!\}\}).)*\)\s*-?\}\}", re.DOTALL)
_RUN = frozenset({"call:run_query", "call:statement", "call:dbt.run_query", "call:dbt.statement"})
_SUFFIXES = (".sql", ".py", ".yml", ".yaml")


class Surroundings:
    """The models, tests and YAML files of a project, each read only when somebody asks for it.

    `said` tells what changed files say on the side that is asked about.
    """

    def __init__(self, folder: Path | None, said: Mapping[str, str], macros: Mapping[str, Template]) -> None:
        self._folder, self._said = folder, said
        self._calls: dict[str, set[str]] = {}
        for template in macros.values():
            for name in template.macros:
                within = [m for m in template.mentions if f"macro:{name}" in m.within]
                self._calls.setdefault(name, set()).update(word for m in within for word in _words(m))
        self._run = [
            word
            for template in macros.values()
            for mention in template.mentions
            if _RUN.intersection(mention.within)
            for word in _words(mention)
        ]

    def built_from(self, names: Iterable[str], changed: Mapping[str, str]) -> dict[str, str]:
        """Which of the names depend, over any number of steps, on something that changed, and its file."""
        clean: set[str] = set()
        found = {name: self._origin(name, changed, clean) for name in names} if changed else {}
        return {name: path for name, path in found.items() if path}

    def hooked(self) -> frozenset[str]:
        """Macros that a hook calls, or that such a macro calls."""
        return self._reached(word for path in self._paths for word in called_in_hooks(path, self._text(path)))

    def in_hooks(self, names: Iterable[str]) -> frozenset[str]:
        """Which of the names some hook calls."""
        left, found = set(names), set()
        for path in self._paths if left else ():
            text = self._text(path)
            if any(name in text for name in left):
                found |= left.intersection(called_in_hooks(path, text))
                left -= found
            if not left:
                break
        return frozenset(found)

    def run(self) -> frozenset[str]:
        """Macros whose words a macro's `run_query` or `statement` runs, and those that such a macro calls."""
        return self._reached(self._run)

    def _reached(self, names: Iterable[str]) -> frozenset[str]:
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            word = waiting.pop()
            for name in {word} | {macro for macro in self._calls if macro.endswith(f"__{word}")}:
                if name in self._calls and name not in found:
                    found.add(name)
                    waiting += self._calls[name]
        return frozenset(found)

    def tested(self, test: str) -> Iterator[str]:
        """What a generic test is put on."""
        for path in self._paths:
            if path.endswith((".yml", ".yaml")) and test in self._text(path):
                for found in read_tests(read_yaml(self._text(path))).values():
                    if found.name.partition("~")[0].rpartition(".")[2] == test:
                        yield guarded(found)

    def described(self, model: str) -> dict[str, str]:
        """The described columns of a model, in lower case."""
        found: dict[str, str] = {}
        for path in self._paths:
            if path.endswith((".yml", ".yaml")) and model in self._text(path):
                found |= descriptions(read_yaml(self._text(path)), model)
        return found

    def given(self, path: str) -> tuple[str, ...]:
        """The models whose unit tests give or expect the rows of a file."""
        name = PurePosixPath(path).stem
        found = []
        for place in self._paths:
            if place.endswith((".yml", ".yaml")) and name in self._text(place):
                for test in read_tests(read_yaml(self._text(place))).values():
                    used = (value for option, value in test.options.items() if option[-1] == "fixture")
                    found += [guarded(test)] if name in used else []
        return tuple(found)

    def _origin(self, name: str, changed: Mapping[str, str], clean: set[str]) -> str:
        """The changed file that a name depends on; `clean` remembers what depends on none."""
        seen, waiting = {name}, [name]
        while waiting:
            word = waiting.pop()
            if word in changed:
                return changed[word]
            text = self._text(self._places[word]) if word in self._places else ""
            named = {*_REFERRED.findall(text), *_CALLED.findall(text), *self._calls.get(word, ())}
            further = named - seen - clean
            seen |= further
            waiting += sorted(further)
        clean |= seen
        return ""

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        found = set(self._said)
        for folder, below, files in os.walk(self._folder) if self._folder else ():
            below[:] = [name for name in below if name not in _NOT_OURS and not name.startswith(".")]
            within = Path(folder).relative_to(self._folder or "")
            found |= {(within / file).as_posix() for file in files if file.endswith(_SUFFIXES)}
        return tuple(sorted(found))

    @cached_property
    def _places(self) -> Mapping[str, str]:
        return {PurePosixPath(path).stem: path for path in self._paths if path.endswith((".sql", ".py"))}

    def _text(self, path: str) -> str:
        if path in self._said:
            return self._said[path]
        file = self._folder / path if self._folder else Path(path)
        if file.is_symlink() or not file.is_file():
            return ""
        return file.read_bytes().decode("utf-8", "replace")


def guarded(test: DbtTest) -> str:
    """What a test is about: the model that it stands below, or the one that a unit test names."""
    return test.owner or str(test.options.get(("model",), ""))


def logic(text: str) -> str:
    """The words of a test's query: its settings, its comments and the space between words say nothing.

    A comment with a template in it may end where nobody sees, and a backslash may keep a string open.
    """
    plain = text if "\\" in text else _ASIDE.sub(lambda found: found["kept"] or " ", text)
    return " ".join(_CONFIG.sub(" ", plain).split())


def _words(mention: Mention) -> tuple[str, ...]:
    """The names in a mention, and the one that a dispatch looks for."""
    named = mention.keywords.get("macro_name") or next(iter(mention.args), None)
    return (*mention.path, named.text) if "dispatch" in mention.path and named else mention.path


def called_in_hooks(path: str, text: str) -> Iterator[str]:
    """The names that hooks in a file call, and some more."""
    if "hook" not in text and "on-run-" not in text:
        return
    if path.endswith((".yml", ".yaml")):
        for entry in read_yaml(text).entries.values():
            if HOOKS.intersection(entry.path):
                yield from _CALLED.findall(str(entry.value))
        return
    for mention in read_template(text).mentions:
        if "call:config" in mention.within:
            yield from mention.path
        if mention.path[-1] == "config":
            for key, said in mention.keywords.items():
                yield from _CALLED.findall(said.text) if normal(key) in HOOKS else ()
