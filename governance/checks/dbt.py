"""The dbt checks in their order, sharing one audit, so that a project is parsed and built once."""

from governance.check import Check
from governance.checks.dbt_audit import Audit, DbtOptions
from governance.checks.dbt_build import DbtBuild
from governance.checks.dbt_impact import DbtImpact
from governance.checks.dbt_screen import DbtScreen
from governance.checks.outputs import OutputCheck


def dbt_checks(options: DbtOptions = DbtOptions()) -> tuple[Check, ...]:
    """Screen, impact, build and output validation of dbt changes."""
    audit = Audit(options)
    return (DbtScreen(), DbtImpact(audit), DbtBuild(audit), OutputCheck(audit))
