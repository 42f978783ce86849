"""Decisions drawn for people and for machines: text, JSON, SARIF and Markdown."""

from collections.abc import Callable
from importlib import import_module

from governance.changeset import ChangeSet
from governance.decision import Decision

FORMATS = ("text", "json", "sarif", "markdown")


def render(decision: Decision, changeset: ChangeSet, form: str) -> str:
    """The decision in one of the FORMATS."""
    draw: Callable[[Decision, ChangeSet], str] = import_module(f"governance.report.{form}").render
    return draw(decision, changeset)
