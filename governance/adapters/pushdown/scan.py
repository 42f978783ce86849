"""Asks the questions of many expectations together: all aggregates of a round in one scan of the table."""

from collections.abc import Mapping, Sequence
from typing import Any

from governance.adapters.pushdown.question import LONGEST, Answer, Found, Leave, Listing, Question
from governance.adapters.pushdown.table import Table


def answered(connection: Any, table: Table, questions: Sequence[Question | None]) -> list[Found | None]:
    """What each question leads to; `None` for those left to Great Expectations, as for no question."""
    found: list[Found | None] = [None] * len(questions)
    open_ones: dict[int, Answer] = {place: asked for place, asked in enumerate(questions) if asked}
    while open_ones:
        values = _scanned(connection, table, [a for a in open_ones.values() if isinstance(a, Question)])
        answers = {place: _next(connection, asked, values) for place, asked in open_ones.items()}
        open_ones = {}
        for place, answer in answers.items():
            if isinstance(answer, Found):
                found[place] = answer
            elif answer is not None:
                open_ones[place] = answer
    return found


def _scanned(connection: Any, table: Table, questions: Sequence[Question]) -> Mapping[str, Any]:
    """The value of every aggregate that is asked for, each computed once."""
    aggregates = list(dict.fromkeys(sql for question in questions for sql in question.aggregates))
    if not aggregates:
        return {}
    row = connection.execute(f"select {', '.join(aggregates)} from {table.relation}").fetchone()
    return dict(zip(aggregates, row, strict=True))


def _next(connection: Any, asked: Answer, values: Mapping[str, Any]) -> Answer | None:
    try:
        if isinstance(asked, Question):
            return asked.judge(*(values[sql] for sql in asked.aggregates))
        if isinstance(asked, Listing):
            rows = connection.execute(asked.query).fetchmany(LONGEST + 1)
            return asked.judge(rows) if len(rows) <= LONGEST else None
    except Leave:
        return None
    return asked
