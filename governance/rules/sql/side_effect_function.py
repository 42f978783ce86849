"""The rule `side-effect-function`."""

from governance.finding import Severity
from governance.rules.sql.call_rule import CallRule
from governance.syntax.sql.functions import Effect


class SideEffectFunction(CallRule):
    """A function in the query changes something, locks something, or waits.

    A query can advance a sequence, end another session or hold a connection for an hour, all in its
    select list.
    """

    code, name, severity = "SQL101", "side-effect-function", Severity.CRITICAL
    remedy = "Leave the call out; what has an effect belongs into a statement that says so."
    effects = (
        Effect.WRITES,
        Effect.SESSION,
        Effect.SLEEP,
    )
    good = ("select lower(name) from t",)
    bad = (
        "select nextval('s')",
        ("select pg_sleep(10)", {"dialect": "postgres"}),
        ("select id from t where pg_advisory_lock(1) is null", {"dialect": "postgres"}),
    )
