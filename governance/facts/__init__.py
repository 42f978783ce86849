"""Typed facts about a trace: what was demanded, done and claimed, and at which step."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from governance.facts.claims import Claim, Topic, candid, claims, failure, is_test_run, passed, report_text
from governance.facts.constraints import Constraint, Limit, Mood, constraints, limits, number, paths, places
from governance.facts.effects import Effect, EffectKind, effects, shell_script
from governance.facts.words import sentences, stem, stems
from governance.finding import Location
from governance.trace import Actor, ResultStatus, Step, StepKind, Tool, ToolResult, Trace

__all__ = [
    "Action",
    "Claim",
    "Constraint",
    "Effect",
    "EffectKind",
    "Limit",
    "Mood",
    "Topic",
    "TraceFacts",
    "at",
    "candid",
    "claims",
    "constraints",
    "failure",
    "is_temporary",
    "is_test_run",
    "limits",
    "number",
    "passed",
    "paths",
    "places",
    "report_text",
    "resolved",
    "sentences",
    "stem",
    "stems",
]

_NO_RESULT = ToolResult("", ResultStatus.MISSING)
_STATE_CHANGING = frozenset((Tool.WRITE, Tool.EDIT, Tool.DELETE, Tool.SHELL, Tool.SQL, Tool.OTHER, Tool.MCP))


@dataclass(frozen=True, slots=True)
class Action:
    """One tool call with its result, the thought before it, and what it does."""

    step: Step
    result: ToolResult
    thought: str
    effects: tuple[Effect, ...]

    @property
    def script(self) -> str:
        """The command line, when the call is one."""
        return shell_script(self.step.call.arguments) if self.step.call and self.is_shell else ""

    @property
    def is_shell(self) -> bool:
        """Whether the call runs a command line."""
        return self.step.call is not None and self.step.call.tool in (Tool.SHELL, Tool.OTHER)

    @property
    def text(self) -> str:
        """Everything that the call says, as one text."""
        call = self.step.call
        return "" if call is None else "\n".join(_texts(call.arguments))

    @property
    def changes_state(self) -> bool:
        """Whether the call may change something outside of the agent."""
        return self.step.call is not None and self.step.call.tool in _STATE_CHANGING

    @property
    def took_place(self) -> bool:
        """Whether nothing stopped it."""
        return self.result.status not in (ResultStatus.DENIED, ResultStatus.INTERRUPTED)


@dataclass(frozen=True)
class TraceFacts:
    """The facts of one trace, each computed when first asked for."""

    trace: Trace

    @cached_property
    def task(self) -> str:
        """All that the user asked for, in every prompt."""
        prompts = (s.text for s in self.trace.steps if s.kind is StepKind.PROMPT and s.actor is Actor.USER)
        return "\n".join(prompts)

    @cached_property
    def constraints(self) -> tuple[Constraint, ...]:
        """What the task demands and forbids."""
        return constraints(self.task)

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """Every tool call in order."""
        results = {s.result.call_id: s.result for s in self.trace.steps if s.result}
        return tuple(self._actions(results))

    def _actions(self, results: dict[str, ToolResult]) -> Iterator[Action]:
        thought: dict[int, str] = {}
        for step in self.trace.steps:
            if step.reasoning:
                thought[step.turn] = f"{thought.get(step.turn, '')}\n{step.reasoning.text}".strip()
            elif step.kind is StepKind.MESSAGE:
                thought[step.turn] = f"{thought.get(step.turn, '')}\n{step.text}".strip()
            elif step.call:
                result = results.get(step.call.call_id, _NO_RESULT)
                yield Action(step, result, thought.get(step.turn, ""), effects(step, result.status))

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """Everything that the tool calls do."""
        return tuple(effect for action in self.actions for effect in action.effects)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """Everything that the agent asserts about its work."""
        return tuple(c for s in self.trace.steps if s.actor is Actor.AGENT for c in claims(s))

    @cached_property
    def thoughts(self) -> tuple[Step, ...]:
        """The reasoning steps that can be read."""
        return tuple(s for s in self.trace.steps if s.reasoning and s.reasoning.text.strip())

    @cached_property
    def test_runs(self) -> tuple[Action, ...]:
        """The calls that run tests."""
        return tuple(a for a in self.actions if a.step.call and is_test_run(a.step.call.tool, a.script))

    @cached_property
    def edits(self) -> tuple[Effect, ...]:
        """Everything that is written, apart from what goes to a temporary place."""
        return tuple(e for e in self.effects if e.kind is EffectKind.WROTE and not is_temporary(e.target))

    def has(self, *moods: Mood) -> tuple[Constraint, ...]:
        """The constraints of these moods."""
        return tuple(c for c in self.constraints if c.mood in moods)

    def asks_for(self, text: str) -> bool:
        """Whether the task itself names these words, in a sentence that does not forbid them."""
        allowed = (s for s in sentences(self.task) if not any(c.text in s for c in self.has(Mood.FORBIDS)))
        wanted = text.lower()
        return any(wanted in sentence.lower() for sentence in allowed)


def at(step: Step) -> Location:
    """The place of a step."""
    return Location(step=step.seq)


def is_temporary(path: str) -> bool:
    """Whether a path is a place for throw-away files."""
    return path.startswith(("/tmp/", "/var/tmp/", "/dev/", "$TMP")) or path in ("/tmp", "-")


def resolved(effect: Effect) -> str:
    """An effect's path, with the directory the command had changed to."""
    target = effect.target.strip("'\"")
    if effect.directory and not target.startswith(("/", "~", "$")):
        target = posixpath.join(effect.directory, target)
    clean = posixpath.normpath(target) if target else ""
    return clean + "/" if target.endswith("/") and clean != "/" else clean


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
