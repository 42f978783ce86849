"""Decisions to look at: real ones, judged, signed and appended to a real ledger."""

import json

from governance.artifact import Artifact, ArtifactKind
from governance.changeset import Authorship, ChangeSet, Origin
from governance.govern import Gate
from governance.policy import Policy
from governance.trace import (
    Actor,
    Capture,
    Choice,
    Completeness,
    Gap,
    Reasoning,
    ResultStatus,
    Source,
    Span,
    Step,
    StepKind,
    Tool,
    ToolCall,
    ToolResult,
    Trace,
    Visibility,
)

HOSTILE = (
    "<script>window.hacked=1</script><img src=x onerror=window.hacked=1> \u202egnp.exe\u202c \u200b\x1b[31m"
)

PATH = "models/marts/orders.sql"
MODEL = """select
    o.order_id,
    o.customer_id,
    sum(p.amount) as revenue
from stg_orders as o
join stg_payments as p on p.order_id = o.order_id
group by 1, 2
"""
BASE = """select
    o.order_id,
    o.customer_id
from stg_orders as o
"""


def steps_of(path: str, content: str) -> tuple[Step, ...]:
    """A short run: asked, looked, thought, chose, wrote, reported."""
    return (
        Step(1, 1, StepKind.PROMPT, Actor.USER, "Add revenue to the orders model.\nKeep the tests green."),
        Step(
            2,
            2,
            StepKind.REASONING,
            Actor.AGENT,
            reasoning=Reasoning(Visibility.SUMMARY, "I should look at the model before changing it."),
        ),
        Step(
            3, 2, StepKind.TOOL_CALL, Actor.AGENT, call=ToolCall("c1", "Read", Tool.READ, {"file_path": path})
        ),
        Step(4, 2, StepKind.TOOL_RESULT, Actor.TOOL, result=ToolResult("c1", content=BASE)),
        Step(
            5,
            3,
            StepKind.TOOL_CALL,
            Actor.AGENT,
            call=ToolCall("c2", "query", Tool.SQL, {"sql": "select count(*) from raw_payments"}),
        ),
        Step(6, 3, StepKind.TOOL_RESULT, Actor.TOOL, result=ToolResult("c2", content="42")),
        Step(7, 4, StepKind.REASONING, Actor.AGENT, reasoning=Reasoning(Visibility.ENCRYPTED)),
        Step(
            8,
            4,
            StepKind.CHOICE,
            Actor.AGENT,
            choice=Choice(
                "Where does revenue come from?",
                "stg_payments.amount",
                ("stg_payments.amount", "raw_payments.amount_cents"),
                "The staging model already converts cents.",
            ),
        ),
        Step(
            9,
            4,
            StepKind.TOOL_CALL,
            Actor.AGENT,
            call=ToolCall("c3", "Write", Tool.WRITE, {"file_path": path, "content": content}),
        ),
        Step(10, 4, StepKind.TOOL_RESULT, Actor.TOOL, result=ToolResult("c3", ResultStatus.OK, "written")),
        Step(11, 5, StepKind.MESSAGE, Actor.AGENT, "Revenue is now part of the orders model. " + HOSTILE),
    )


def trace_of(steps: tuple[Step, ...], agent: str = "claude-code") -> Trace:
    gap = Gap(Span(120, 14), "a line that is no JSON")
    capture = Capture("file", Completeness.COMPLETE, (gap,))
    return Trace("t-1", Source(agent, "claude-code-jsonl", model="opus"), steps, capture)


def long_trace(count: int) -> Trace:
    """A run of `count` steps: think, call, result, over and over; the last call writes the orders model."""
    steps = [Step(1, 1, StepKind.PROMPT, Actor.USER, "Tidy the whole project.")]
    while len(steps) < count:
        seq, turn = len(steps) + 1, len(steps) // 3 + 2
        match len(steps) % 3:
            case 1:
                thought = Reasoning(
                    Visibility.FULL, f"Thought {seq}: the next file needs the same treatment."
                )
                steps.append(Step(seq, turn, StepKind.REASONING, Actor.AGENT, reasoning=thought))
            case 2:
                look = {"command": f"cat models/file_{seq}.sql | head -5"}
                call = ToolCall(f"c{seq}", "Bash", Tool.SHELL, look)
                if seq > count - 3:
                    call = ToolCall(f"c{seq}", "Write", Tool.WRITE, {"file_path": PATH, "content": MODEL})
                steps.append(Step(seq, turn, StepKind.TOOL_CALL, Actor.AGENT, call=call))
            case _:
                result = ToolResult(f"c{seq - 1}", content=json.dumps({"rows": seq}) * 20)
                steps.append(Step(seq, turn, StepKind.TOOL_RESULT, Actor.TOOL, result=result))
    return trace_of(tuple(steps))


def orders_change(dag: str = "shop", hostile: bool = False) -> ChangeSet:
    """A dbt model that gains a column, with its trace; its own text may be hostile."""
    content = f"-- {HOSTILE}\n{MODEL}" if hostile else MODEL
    artifact = Artifact(PATH, ArtifactKind.SQL, content.encode(), BASE.encode(), dialect="duckdb")
    run = {"dag_id": dag, "task_id": "write", "run_id": "manual__1", "map_index": "-1", "try_number": "1"}
    return ChangeSet(
        (artifact,), trace_of(steps_of(PATH, content)), origin=Origin("shop", branch="orders", run=run)
    )


def statement(sql: str, dag: str = "") -> ChangeSet:
    """One statement without a trace."""
    artifact = Artifact("<sql>", ArtifactKind.SQL, sql.encode(), dialect="postgres")
    run = {"dag_id": dag, "task_id": "ask", "run_id": "manual__2"} if dag else {}
    return ChangeSet((artifact,), authorship=Authorship.LOOSE, origin=Origin(run=run))


def gate(ledger, key) -> Gate:
    return Gate(Policy(), ledger, key)
