"""Python files as syntax trees with the few facts that rules about DAG files need; nothing is run."""

import ast
from collections.abc import Iterator

from governance.errors import InvalidInput
from governance.finding import Position


def read_module(text: str, path: str = "") -> ast.Module:
    """The syntax tree. Raises InvalidInput naming the line that is not Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or "nested too deeply"
        raise InvalidInput(f"{path}:{line}: not valid Python: {reason}", "Mend the syntax.") from error


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the dotted name of what it calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)


def import_time_calls(module: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Calls that run when the file is imported: outside every function, and not under `__main__`."""
    pending: list[ast.AST] = list(module.body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "__main__" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)
        pending.extend(ast.iter_child_nodes(node))


def imported(module: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Every import with the dotted name of the module that it loads; a relative one begins with a dot."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node, "." * node.level + (node.module or "")


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a chain of names; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else node.attr
    return ""


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value given to one keyword of a call."""
    return next((argument.value for argument in call.keywords if argument.arg == name), None)


def constant(node: ast.AST | None) -> object:
    """The value of a literal; `None` for anything else."""
    return node.value if isinstance(node, ast.Constant) else None


def position(node: ast.AST, text: str) -> Position:
    """Where a node starts; the column counts characters, as findings do."""
    line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    lines = text.splitlines()
    row = lines[line - 1] if 0 < line <= len(lines) else ""
    return Position(line, len(row.encode()[:offset].decode("utf-8", "ignore")) + 1)
