"""The contract of a rule: it looks at one parsed subject and yields findings, nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar

from governance.finding import Finding, Location, Severity

Subject = TypeVar("Subject")


class Rule(Generic[Subject]):
    """One thing that can be wrong with a subject.

    The docstring's first line says what is wrong, the rest why the reader should care. `good` and
    `bad` are small subjects in source form; they are run as tests and printed as documentation.
    `category` groups codes in reports (for trace rules: the kind of misbehaviour).
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    remedy: ClassVar[str]
    category: ClassVar[str] = ""
    good: ClassVar[tuple[Any, ...]] = ()
    bad: ClassVar[tuple[Any, ...]] = ()

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield a finding for each place where the rule is broken; never raises on bad input."""
        raise TypeError(f"{type(self).__name__} has no check")

    def finding(
        self,
        message: str,
        location: Location = Location(),
        *,
        related: tuple[Location, ...] = (),
        quote: str = "",
        allow: str = "",
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this rule about one place."""
        return Finding(
            code=self.code,
            name=self.name,
            severity=self.severity if severity is None else severity,
            message=message,
            location=location,
            related=related,
            remedy=self.remedy,
            allow=allow,
            quote=quote,
            category=self.category,
        )


def located(finding: Finding, path: str) -> Finding:
    """The same finding, with its places put into the artifact at `path`."""
    place = replace(finding.location, path=finding.location.path or path)
    return replace(finding, location=place)
