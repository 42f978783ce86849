"""The only reader of SQL: texts go in, `Script` values with trees and places come out."""

from governance.syntax.dialect import DIALECTS, Dialect, dialect_named, known_names
from governance.syntax.sql.context import Profile, Schema, Server, SqlContext
from governance.syntax.sql.kinds import Kind, kind_of
from governance.syntax.sql.read import read
from governance.syntax.sql.script import Problem, Script, Statement, Trouble

__all__ = [
    "DIALECTS",
    "Dialect",
    "Kind",
    "Problem",
    "Profile",
    "Schema",
    "Script",
    "Server",
    "SqlContext",
    "Statement",
    "Trouble",
    "dialect_named",
    "kind_of",
    "known_names",
    "read",
]
