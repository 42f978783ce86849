"""Why-blame: which step of the trace wrote each line of an artifact. Never a guess.

The trace's edits are replayed over the base text and the outcome is held against the final text.
Where an edit cannot be replayed, a line is attributed only to the one call that holds it verbatim;
what a command such as `sed -i` or a formatter changed belongs to that call when no other can have.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from governance.artifact import Artifact
from governance.facts import Action, Effect, EffectKind, TraceFacts, resolved
from governance.trace import Actor, ResultStatus, Trace

_REWRITERS = re.compile(
    r"^(?:black|isort"
    r"|autopep8 .*-i|yapf .*-i|sqlfmt|ruff format|ruff .*--fix"
    r"|sqlfluff (?:fix|format)"
    r"|prettier .*(?:--write|-w)|eslint .*--fix|(?:terraform|tofu) fmt|gofmt .*-w|rustfmt"
    r"|shfmt .*-w|pre-commit"
    r"|git (?:apply|am|checkout|restore|stash|merge|rebase|cherry-pick|revert|pull)|patch)\b"
)
_LOOKS_ONLY = re.compile(r"\s(?:--?check|--diff|--dry-run|--stat)\b")
_SCRIPTED = frozenset(
    (
        "sed",
        "perl",
        "awk",
        "python",
        "python3",
        "node",
        "ruby",
        "ed",
        "ex",
        "vim",
        "cp",
        "mv",
        "envsubst",
        "printf",
        "dd",
    )
)
_MOST_LINES = 40  # that are looked for in a call; the longest tell most


@dataclass(frozen=True, slots=True)
class BlamedLine:
    """One line of an artifact: `step` is the `seq` that wrote it.

    `before` is the number that a line had in the base, 0 when it was not there.
    """

    line: int
    step: int | None
    before: int = 0

    @property
    def base(self) -> bool:
        """It was there before."""
        return self.before > 0

    @property
    def unexplained(self) -> bool:
        """Neither was it there before, nor does a step of the trace account for it."""
        return self.step is None and not self.base


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    step: int | None
    base: int = 0
    """The number it had before the run, counted from 1; 0 when the run wrote it."""


def blame(artifact: Artifact, trace: Trace) -> tuple[BlamedLine, ...]:
    """For each line of the artifact's text the step that wrote it. Raises InvalidInput when it is no text."""
    final = artifact.text.splitlines()
    if artifact.path.startswith("<"):
        spoken = _spoken(artifact.text, trace)
        return tuple(BlamedLine(number, spoken) for number in range(1, len(final) + 1))
    found = _replayed(artifact, trace).against(final)
    return tuple(BlamedLine(number, line.step, line.base) for number, line in enumerate(found, start=1))


def blame_removed(artifact: Artifact, trace: Trace) -> Mapping[int, int]:
    """The step that removed a line, by the number the line had before. Raises InvalidInput for no text."""
    final = artifact.text.splitlines()
    replay = _replayed(artifact, trace)
    left = {line.base for line in replay.against(final)}
    gone = {
        line.base: replay.opaque[0] for line in replay.lines if line.base and len(set(replay.opaque)) == 1
    }
    return {number: step for number, step in (gone | replay.removed).items() if number not in left}


def accounts_for(trace: Trace, artifact: Artifact) -> bool:
    """Whether any step can have written what is new in the artifact; else the trace tells of something else.

    More lenient than `blame`: it is enough that a step touched the file, may have, or holds most of
    the new lines in a call. Raises InvalidInput when the artifact is no text.
    """
    before = set(artifact.base_text.splitlines())
    new = {line.strip() for line in artifact.text.splitlines() if line not in before}
    telling = sorted((line for line in new if len(line) > 3), key=len)[-_MOST_LINES:]
    if not telling or _replayed(artifact, trace).touched:
        return True
    calls = (list(_strings(step.call.arguments)) for step in trace.steps if step.call)
    return any(
        2 * sum(any(line in text for text in texts) for line in telling) >= len(telling) for texts in calls
    )


def _replayed(artifact: Artifact, trace: Trace) -> "_Replay":
    before = artifact.base_text.splitlines()
    replay = _Replay([_Line(text, None, number) for number, text in enumerate(before, start=1)])
    for action in TraceFacts(trace).actions:
        if action.result.status not in (ResultStatus.DENIED, ResultStatus.INTERRUPTED):
            replay.action(action, artifact.path)
    return replay


def _spoken(text: str, trace: Trace) -> int | None:
    """The last step of the agent that holds a loose statement in full, which is how it was handed over."""
    said = (
        (step.seq, [step.text, *_strings(step.call.arguments if step.call else {})])
        for step in reversed(trace.steps)
        if step.actor is Actor.AGENT
    )
    wanted = text.strip()
    return next((seq for seq, texts in said if wanted and any(wanted in one for one in texts)), None)


def _strings(value: Any) -> Iterator[str]:
    """Every text in a call's arguments, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _strings(item)


class _Replay:
    """The text as it was after each step, each line with the step it is from."""

    def __init__(self, lines: list[_Line]) -> None:
        self.lines = lines
        self.verbatim: list[tuple[int, frozenset[str]]] = []
        self.opaque: list[int] = []
        self.touched = False
        self.removed: dict[int, int] = {}

    def action(self, action: Action, path: str) -> None:
        """Applies what one call did to the file."""
        seq, known = action.step.seq, False
        failed = action.result.status is ResultStatus.ERROR
        for effect in action.effects:
            if effect.kind in (EffectKind.WROTE, EffectKind.DELETED) and same_file(resolved(effect), path):
                known = self._effect(effect, seq, failed) or known
        if not known and _may_rewrite(action, path):
            self.opaque.append(seq)
        self.touched = self.touched or known or seq in self.opaque

    def _effect(self, effect: Effect, seq: int, failed: bool) -> bool:
        if effect.kind is EffectKind.DELETED:
            if not failed:
                self._rewrite([], seq)
            return not failed
        command = effect.command
        if command is None:
            return True if failed else self._edit(effect, seq)
        if command.program not in ("cat", "echo", "tee") or not (effect.new or command.heredoc):
            return False
        text = command.heredoc.rstrip("\n") if command.heredoc else _echoed(effect)
        if effect.target in command.appends:
            self.lines = self.lines + [_Line(line, seq) for line in text.splitlines()]
        else:
            self._rewrite(text.splitlines(), seq)
        return True

    def _edit(self, effect: Effect, seq: int) -> bool:
        if not effect.old:
            if not self.lines or effect.step.call is None or "old_str" not in effect.step.call.arguments:
                self._rewrite(effect.new.splitlines(), seq)
            else:
                self.verbatim.append((seq, _telling(effect.new)))
            return True
        whole = "\n".join(line.text for line in self.lines)
        call = effect.step.call
        everywhere = call is not None and call.arguments.get("replace_all") is True
        found = whole.count(effect.old)
        if found == 1 or (found and everywhere):
            self._rewrite(whole.replace(effect.old, effect.new).splitlines(), seq)
        else:
            self.verbatim.append((seq, _telling(effect.new)))
        return True

    def _rewrite(self, texts: list[str], seq: int) -> None:
        """The new text; lines that stand keep their step."""
        before = self.lines
        matcher = SequenceMatcher(None, [line.text for line in before], texts, autojunk=False)
        after: list[_Line] = []
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag == "equal":
                after += before[a:b]
                continue
            after += [_Line(text, seq) for text in texts[c:d]]
            self.removed |= {line.base: seq for line in before[a:b] if line.base}
        self.lines = after

    def against(self, final: list[str]) -> Iterator[_Line]:
        """The lines of the final text; those that the replay lacks are looked for among the rest."""
        matcher = SequenceMatcher(None, [line.text for line in self.lines], final, autojunk=False)
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag == "equal":
                yield from self.lines[a:b]
            else:
                yield from (_Line(text, self._holder(text)) for text in final[c:d])

    def _holder(self, text: str) -> int | None:
        """The only call that can have written this line."""
        holders = {seq for seq, lines in self.verbatim if text.strip() in lines}
        if len(holders) == 1 and not self.opaque:
            return holders.pop()
        return self.opaque[0] if len(set(self.opaque)) == 1 and not holders else None


def same_file(written: str, path: str) -> bool:
    """Whether the path that a call names is that of the artifact, wherever the checkout lies."""
    written = posixpath.normpath(written).removeprefix("./") if written else ""
    if not written:
        return False
    return (
        written == path or written.endswith(f"/{path}") or ("/" in written and path.endswith(f"/{written}"))
    )


def _telling(text: str) -> frozenset[str]:
    """The lines of a text that are long enough to be known again."""
    return frozenset(line.strip() for line in text.splitlines() if len(line.strip()) >= 4)


def _echoed(effect: Effect) -> str:
    words = effect.command.arguments if effect.command else ()
    return " ".join(word for word in words if word not in ("-n", "-e"))


def _may_rewrite(action: Action, path: str) -> bool:
    """Whether a command may have changed the file in a way that cannot be replayed."""
    name = path.rsplit("/", 1)[-1]
    for effect in action.effects:
        command = effect.command
        if command is None:
            continue
        if effect.kind is EffectKind.WROTE and same_file(resolved(effect), path):
            return True
        text = " ".join((*command.words, command.code, command.heredoc, *command.writes))
        if command.program in _SCRIPTED and name in text and not _only_reads(effect):
            return True
        if _REWRITERS.match(str(command)) and not _LOOKS_ONLY.search(str(command)):
            return True
    return False


def _only_reads(effect: Effect) -> bool:
    """`sed -n`, `awk` and `perl` without `-i` print; they do not write."""
    command = effect.command
    if command is None or command.program not in ("sed", "perl", "awk"):
        return False
    in_place = any(a.startswith(("-i", "-pi", "--in-place")) for a in command.arguments)
    return not in_place and not command.writes
