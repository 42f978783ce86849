"""Pages about rules, drawn from their classes: what is found and why it matters, examples, the cure."""

import inspect
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from governance.fault import Fault
from governance.rule import Rule

_LANGUAGES = {
    "Dockerfile": "dockerfile",
    ".tf": "hcl",
    ".py": "python",
    ".sh": "bash",
    ".sql": "sql",
    ".yml": "yaml",
    ".yaml": "yaml",
}
_SECTION = re.compile(r"^# (\S+(?:, before|, deleted)?)$\n?", re.MULTILINE)
LONGEST_LINE = 400  # characters of an example shown in one line
Row = tuple[str, str, str, str]


def summary(rule: Rule[Any]) -> str:
    """The first line of a rule's documentation: what is wrong."""
    return _doc(rule).partition("\n")[0]


def row(rule: Rule[Any] | Fault) -> Row:
    """Code, default severity, name and summary."""
    about = rule.summary if isinstance(rule, Fault) else summary(rule)
    return rule.code, str(rule.severity), rule.name, about


def table(rules: Iterable[Rule[Any] | Fault]) -> str:
    """One line for each rule, linked to its page."""
    lines = ["| Code | Name | Severity | What is wrong |", "|---|---|---|---|"]
    for code, severity, name, about in map(row, rules):
        shown = about.replace("|", "\\|")
        lines.append(f"| [{code}](#{code.lower()}-{name}) | {name} | {severity} | {shown} |")
    return "\n".join(lines) + "\n"


def page(rule: Rule[Any], family: str, depth: int = 1, most: int = 2) -> str:
    """All that is known about one rule, with `most` examples of each sort."""
    parts = [_heading(rule, depth), _doc(rule), "\n\n"]
    for title, examples in (("Found", rule.bad), ("Not found", rule.good)):
        parts += [_example(title, family, example) for example in examples[:most]]
    parts.append(f"**Mend:** {rule.remedy}\n")
    return "".join(parts)


def fault_page(fault: Fault, depth: int = 1) -> str:
    """All that is known about one way in which judging can fail."""
    return f"{_heading(fault, depth)}{fault.summary}\n\n**Mend:** {fault.remedy}\n"


def _heading(rule: Rule[Any] | Fault, depth: int) -> str:
    return f"{'#' * depth} {rule.code} {rule.name}\n\nDefault severity: {rule.severity}.\n\n"


def _doc(rule: Rule[Any]) -> str:
    return inspect.cleandoc(type(rule).__doc__ or "")


def _example(title: str, family: str, example: Any) -> str:
    if family == "infra":
        file, text, *before = example
        return _files(title, [*((f"`{file}`, before", body) for body in before), (f"`{file}`", text)])
    if family == "sql":
        text, context = example if isinstance(example, tuple) else (example, {})
        return _block(title + _context(context), "sql", text)
    parts = _SECTION.split(example) if family == "dbt" else []
    if len(parts) < 3:
        return _block(title, "text", example)
    names = (re.sub(r"^[^,]+", r"`\g<0>`", name) for name in parts[1::2])
    return _files(title, zip(names, parts[2::2], strict=True))


def _files(title: str, files: Iterable[tuple[str, str]]) -> str:
    blocks = [(name, text) for name, text in files if text.strip()]
    return "".join(
        _block(f"and {name}" if number else f"{title}, in {name}", _language(name.split("`")[1]), text)
        for number, (name, text) in enumerate(blocks)
    )


def _context(context: Mapping[str, Any]) -> str:
    """What an example of SQL differs in from the usual ground: DuckDB, reading, all tables."""
    told = []
    for word, value in context.items():
        if word == "dialect":
            told.append(str(value) or "no dialect")
        elif word == "schema":
            columns = (f"{name}({', '.join(columns)})" for name, columns in value.items())
            told.append(f"known tables {', '.join(columns)}")
        else:
            told.append(f"{word} {value if isinstance(value, str) else ', '.join(value)}")
    return f" ({'; '.join(told)})" if told else ""


def _language(file: str) -> str:
    path = PurePosixPath(file)
    return _LANGUAGES.get(path.name) or _LANGUAGES.get(path.suffix, "text")


def _block(caption: str, language: str, text: str) -> str:
    fence = "````" if "```" in text else "```"
    return f"{caption}:\n\n{fence}{language}\n{_visible(text.strip())}\n{fence}\n\n"


def _visible(text: str) -> str:
    """The text with what cannot be seen written out, since some examples are about just that."""
    shown = (c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
    return "\n".join(map(_shortened, "".join(shown).split("\n")))


def _shortened(line: str) -> str:
    """A line that fits a page: some examples are about mere size."""
    return line if len(line) <= LONGEST_LINE else f"{line[:80]} … ({len(line):,} characters)"
