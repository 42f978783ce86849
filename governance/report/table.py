"""Findings as a plain table, for task logs."""

from governance.decision import Decision, Judgement
from governance.report.inert import inert_name, one_line

_WIDTHS = (7, 30, 44, 90)


def findings_table(decision: Decision, most: int = 30) -> str:
    """Verdict, rule, place and message of each finding, gravest first."""
    rows = [
        ("verdict", "rule", "where", "what"),
        *(_cells(judgement) for judgement in decision.judgements[:most]),
    ]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, _WIDTHS, strict=True)) for row in rows]
    if len(decision.judgements) > most:
        lines.append(f"and {len(decision.judgements) - most} more")
    return "\n".join(line.rstrip() for line in lines) if decision.judgements else "nothing found"


def _cells(judgement: Judgement) -> tuple[str, ...]:
    finding = judgement.finding
    mark = "waived" if judgement.waiver else str(judgement.verdict)
    cells = (mark, f"{finding.code} {finding.name}", inert_name(str(finding.location)), finding.message)
    return tuple(one_line(cell, width) for cell, width in zip(cells, _WIDTHS, strict=True))
