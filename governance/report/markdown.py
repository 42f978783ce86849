"""Decisions as a Markdown comment for a pull request."""

from governance.changeset import ChangeSet
from governance.decision import Decision, Judgement
from governance.finding import Verdict
from governance.report import dbt
from governance.report.inert import inert_name, markdown_text

_MOST = 50


def render(decision: Decision, changeset: ChangeSet) -> str:
    """A heading with the verdict, a table of findings, and what a dbt change does; a pass is only counted."""
    shown = [j for j in decision.judgements if j.verdict is not Verdict.PASS]
    noted = len(decision.judgements) - len(shown)
    lines = [f"## Governance: {decision.verdict}", "", f"{len(changeset.artifacts)} artifacts judged.", ""]
    if shown:
        lines += ["| Verdict | Rule | Where | What |", "|---|---|---|---|"]
        lines += [_row(judgement) for judgement in shown[:_MOST]]
        if len(shown) > _MOST:
            lines.append(f"| | | | and {len(shown) - _MOST} more |")
        lines.append("")
    if noted:
        lines += [f"{noted} further findings were noted and do not hold the change.", ""]
    for root, changed in dbt.projects(decision).items():
        lines += [f"### dbt {markdown_text(root)}", "", "| Class | What | Read by |", "|---|---|---|"]
        lines += [f"| {c.grade} | {markdown_text(c.what)} | {markdown_text(c.readers)} |" for c in changed]
        lines.append("")
    return "\n".join(lines)


def _row(judgement: Judgement) -> str:
    found = judgement.finding
    what = f"{markdown_text(found.message)}<br>*{markdown_text(found.remedy)}*"
    rule = f"{found.code} {found.name}"
    return f"| {judgement.verdict} | {rule} | {markdown_text(inert_name(str(found.location)))} | {what} |"
