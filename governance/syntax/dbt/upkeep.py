"""Statements that look after a relation: which of them leave its rows as they are."""

from sqlglot import errors, exp, parse

_COMMANDS = frozenset({"vacuum", "optimize", "reindex", "cluster"})
_KEEPING = (exp.AddConstraint, exp.ClusterProperty)


def is_upkeep(sql: str, relation: str, dialect: str) -> bool:
    """Whether each statement is about this one relation, and changes neither its rows nor its columns.

    Statistics, comments, indexes, constraints, clustering, the right to read it. What cannot be read is none.
    """
    try:
        statements = [statement for statement in parse(sql, read=dialect) if statement is not None]
    except errors.SqlglotError:
        return False
    return bool(statements) and all(_is_upkeep(statement, relation) for statement in statements)


def _is_upkeep(statement: exp.Expr, relation: str) -> bool:
    if isinstance(statement, exp.Command):
        command, *target = statement.sql().lower().split()
        return command in _COMMANDS and [word for word in target if word != "table"] == [relation]
    if {table.name for table in statement.find_all(exp.Table)} != {relation} or statement.find(exp.Query):
        return False
    if isinstance(statement, exp.Create):
        return statement.kind == "INDEX" and not statement.args.get("replace")
    if isinstance(statement, exp.Alter):
        return all(isinstance(action, _KEEPING) for action in statement.args["actions"])
    if isinstance(statement, exp.Grant):
        return all(privilege.name.lower() == "select" for privilege in statement.args["privileges"])
    return isinstance(statement, exp.Analyze | exp.Comment)
