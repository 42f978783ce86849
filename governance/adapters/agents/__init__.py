"""Agents as values: what to run in a work tree, and how to get its trace. Imports stay light."""

from governance.adapters.agents.agent import Agent, AgentRun
from governance.adapters.agents.command import CommandAgent
from governance.adapters.agents.connection import PydanticConnection
from governance.adapters.agents.function import PydanticAgent
from governance.adapters.agents.recorded import RecordedSession

__all__ = ["Agent", "AgentRun", "CommandAgent", "PydanticAgent", "PydanticConnection", "RecordedSession"]
