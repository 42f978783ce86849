"""What a tool does, from the name its agent gives it, and how a call of it ended."""

import re
from collections.abc import Mapping
from typing import Any

from governance.trace import ResultStatus, Tool

_NAMES: dict[Tool, tuple[str, ...]] = {
    Tool.READ: ("read", "open_file", "read_file", "view", "cat", "notebookread", "readfile", "view_image"),
    Tool.WRITE: ("write", "create_file", "write_file", "writefile", "create", "save_file"),
    Tool.EDIT: (
        "edit",
        "edit_file",
        "multiedit",
        "apply_patch",
        "str_replace",
        "str_replace_editor",
        "str_replace_based_edit_tool",
        "replace",
        "notebookedit",
        "patch",
        "update_file",
    ),
    Tool.DELETE: ("delete", "delete_file", "remove_file"),
    Tool.SHELL: (
        "bash",
        "shell",
        "run_command",
        "exec_command",
        "local_shell",
        "run_shell_command",
        "run_terminal_cmd",
        "execute_bash",
        "terminal",
        "run",
        "container.exec",
    ),
    Tool.SQL: ("sql", "query", "run_query", "execute_sql", "run_sql", "query_database", "sql_query"),
    Tool.SEARCH: (
        "search",
        "grep",
        "glob",
        "ls",
        "list_files",
        "list_dir",
        "find",
        "list_tables",
        "get_schema",
        "describe_table",
        "file_search",
        "codebase_search",
        "toolsearch",
    ),
    Tool.FETCH: ("webfetch", "websearch", "web_search", "fetch", "http_request", "web_fetch", "browser"),
    Tool.SUBAGENT: ("task", "agent", "subagent", "spawn_agent", "delegate", "handoff"),
    Tool.PLAN: (
        "todowrite",
        "update_plan",
        "exitplanmode",
        "write_todos",
        "plan",
        "askuserquestion",
        "taskcreate",
        "taskupdate",
    ),
}
_BY_NAME = {name: tool for tool, names in _NAMES.items() for name in names}
_SHAPES = (
    ({"command"}, Tool.SHELL),
    ({"cmd"}, Tool.SHELL),
    ({"old_str", "new_str"}, Tool.EDIT),
    ({"old_string", "new_string"}, Tool.EDIT),
    ({"sql"}, Tool.SQL),
    ({"path", "content"}, Tool.WRITE),
    ({"file_path", "content"}, Tool.WRITE),
)
_DENIED = re.compile(
    r"user doesn'?t want to (?:proceed|take this action)|permission to use \S+ has been denied"
    r"|rejected by (?:the )?user|denied by (?:policy|the gate|a? ?hook|governance)"
    r"|blocked by (?:policy|hook|the gate|governance)|operation not allowed by policy",
    re.I,
)
_EXIT_CODE = re.compile(
    r"(?:exit(?:ed)?(?: with)?(?: code| status)|exit_code\"?)\s*[:=]?\s*(-?\d{1,3})\b", re.I
)


def classify(name: str, arguments: Mapping[str, Any]) -> Tool:
    """What a tool of this name, called with these arguments, does."""
    bare = name.rsplit("__", 1)[-1].lower()
    if bare in _BY_NAME:
        return _edited(_BY_NAME[bare], arguments)
    for keys, tool in _SHAPES:
        if keys <= arguments.keys():
            return tool
    return Tool.MCP if name.startswith("mcp__") else Tool.OTHER


def _edited(tool: Tool, arguments: Mapping[str, Any]) -> Tool:
    """One editor tool of many commands: `view`, `create`, `str_replace`, …"""
    command = arguments.get("command")
    if tool is Tool.EDIT and isinstance(command, str):
        return {"view": Tool.READ, "create": Tool.WRITE}.get(command, tool)
    return tool


def outcome(content: str, *, failed: bool = False) -> tuple[ResultStatus, int | None]:
    """Status and exit code of a call, as far as its result states them."""
    if _DENIED.search(content[:2000]):
        return ResultStatus.DENIED, None
    if failed and "interrupted by user" in content[:500].lower():
        return ResultStatus.INTERRUPTED, None
    match = _EXIT_CODE.search(content[:400]) or _EXIT_CODE.search(content[-400:])
    code = int(match.group(1)) if match else None
    return (ResultStatus.ERROR if failed or code else ResultStatus.OK), code
