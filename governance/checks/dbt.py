"""The dbt checks in their order, sharing one audit, so that a project is read, parsed and built once."""

from governance.changeset import ChangeSet
from governance.check import Check, Once
from governance.checks.dbt_audit import Audit, DbtOptions
from governance.checks.dbt_build import DbtBuild
from governance.checks.dbt_impact import DbtImpact
from governance.checks.dbt_screen import DbtScreen, first_look
from governance.checks.outputs import OutputCheck


def dbt_checks(changeset: ChangeSet, options: DbtOptions = DbtOptions()) -> tuple[Check, ...]:
    """Screen, impact, build and output validation of a dbt change, whose worker starts at once."""
    look = Once(first_look)
    audit = Audit(options, look)
    audit.begin(changeset)
    return (DbtScreen(look), DbtImpact(audit), DbtBuild(audit), OutputCheck(audit))
