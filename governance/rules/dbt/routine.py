"""Hooks that are nothing out of the ordinary: those that honest engineers put behind their models.

Such a hook is for a person's look, and no alarm. Whatever is not plainly one of these is another matter.
"""

from collections.abc import Collection

from governance.finding import Severity
from governance.rules.dbt.fragment import hidden_escape
from governance.rules.dbt.grants_changed import EVERYBODY
from governance.syntax.dbt.jinja import produced_text, read_template
from governance.syntax.dbt.template import COMPUTED, THIS, Mention


def routine(hook: str, dialect: str, macros: Collection[str]) -> str:
    """Why a hook is no alarm, in words, else ""; `macros` are those that hooks of base call."""
    mentions = read_template(hook).mentions
    called = [mention for mention in mentions if mention.called]
    text = produced_text(hook).text
    if called:
        known = all(mention.name in macros for mention in called)
        plain = not text.replace(COMPUTED, "").strip() and not any(map(_leaves_its_place, called))
        return "as other hooks do" if known and plain else ""
    plain = COMPUTED not in text and all(mention.path[0] in ("this", "target") for mention in mentions)
    return _kept(text, dialect) if plain and not EVERYBODY.search(text) else ""


def _leaves_its_place(mention: Mention) -> bool:
    """Whether an argument carries more than a value."""
    given = (*mention.args, *mention.keywords.values())
    return any(hidden_escape(piece) for text in given for piece in (*text.pieces, *text.parts))


def _kept(sql: str, dialect: str) -> str:
    from governance.syntax.dbt.upkeep import is_upkeep

    if is_upkeep(sql, THIS, dialect):
        return "which keeps the model's rows"
    return "on rows of the model itself" if _is_bounded_delete(sql, dialect) else ""


def _is_bounded_delete(sql: str, dialect: str) -> bool:
    """Whether rows are deleted from the model itself by a filter, as before they are loaded again."""
    from governance.statements import examine_sql
    from governance.syntax.sql import Profile, SqlContext

    if sql.lower().split()[:2] != ["delete", "from"]:
        return False
    context = SqlContext(dialect, Profile.WRITE, tables=(THIS,))
    return all(finding.severity < Severity.HIGH for finding in examine_sql(sql, context))
