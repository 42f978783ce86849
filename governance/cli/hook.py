"""What `hook` does: judge one tool call before the agent runs it.

The agent's hook JSON comes on standard input. The verdict is the exit status, and is also written
in the agent's own words to standard output; the reasons go to standard error.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from governance.errors import InvalidInput
from governance.finding import Finding, Verdict

AGENTS = ("claude_code", "codex", "gemini", "cursor")
_DECISIONS = {Verdict.PASS: "allow", Verdict.REVIEW: "ask", Verdict.BLOCK: "deny"}
_EXIT = {Verdict.PASS: 0, Verdict.BLOCK: 1, Verdict.REVIEW: 3}


def run_hook(arguments: list[str]) -> int:
    """Judge the call on standard input. Raises InvalidInput when it cannot be read."""
    agent = arguments[0].replace("-", "_") if arguments else ""
    if agent not in AGENTS:
        raise InvalidInput(f"no agent is called {agent!r}", f"Known are {', '.join(AGENTS)}.")
    try:
        call = _call(json.loads(sys.stdin.buffer.read() if sys.stdin else b""))
    except (ValueError, RecursionError) as error:
        remedy = "Nothing was allowed. Agents send one JSON object with tool_name and tool_input."
        raise InvalidInput(f"standard input is not a tool call: {error}", remedy) from error
    from governance.report.inert import one_line  # messages quote what the agent wrote

    findings, verdict = judge_call(*call)
    reason = "; ".join(one_line(f"{f.code} {f.message}") for f in findings) or "nothing found"
    if verdict is not Verdict.PASS:
        print(f"governance: {verdict}: {reason}", file=sys.stderr)
    print(json.dumps(_answer(agent, verdict, reason)))
    return _EXIT[verdict]


def _call(event: Any) -> tuple[str, Mapping[str, Any]]:
    """Name and arguments of the call. Raises ValueError when it does not say what would be done."""
    if not isinstance(event, Mapping):
        raise ValueError("not an object")
    if "command" in event and "tool_name" not in event:
        return "shell", {"command": str(event["command"])}
    name, arguments = event.get("tool_name"), event.get("tool_input", event.get("arguments"))
    if not isinstance(name, str):
        raise ValueError("tool_name is missing or no text")
    if not isinstance(arguments, Mapping):
        raise ValueError("tool_input is missing or no object")
    return name, arguments


def judge_call(name: str, arguments: Mapping[str, Any]) -> tuple[list[Finding], Verdict]:
    """Findings on one call that has not run yet: what it would do, and the SQL that it holds."""
    from governance.catalog import rules
    from governance.check import examine
    from governance.cli.check import local_policy
    from governance.facts import EffectKind, TraceFacts
    from governance.gate import check_sql, verdict_of
    from governance.trace import Source, Trace
    from governance.transcripts.builder import TraceBuilder

    policy = local_policy("")
    builder = TraceBuilder()
    builder.call("pending", name, dict(arguments))
    facts = TraceFacts(Trace("hook", Source("hook", "hook"), tuple(builder.steps)))
    findings = examine(facts, [rule for rule in rules("trace") if rule.severity >= rule.severity.HIGH])
    for action in facts.actions:
        for effect in action.effects:
            sql = effect.target if effect.kind is EffectKind.SQL else ""
            if effect.kind is EffectKind.WROTE and effect.target.endswith(".sql") and "{" not in effect.new:
                sql = effect.new
            if sql.strip():
                findings += check_sql(sql, policy.sql.dialect, policy.sql.profile, policy=policy).findings
    return findings, verdict_of(findings, policy)


def _answer(agent: str, verdict: Verdict, reason: str) -> dict[str, Any]:
    word = _DECISIONS[verdict]
    if agent == "cursor":
        return {"permission": word, "agentMessage": reason}
    if agent == "gemini":
        return {"decision": word, "reason": reason}
    answer = {"hookEventName": "PreToolUse", "permissionDecision": word, "permissionDecisionReason": reason}
    return {"hookSpecificOutput": answer}
