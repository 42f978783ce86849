"""INF004 deletion-protection-removed."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.hcl import Block
from governance.syntax.source import SourceFile

_GUARDS = {"prevent_destroy": "true", "deletion_protection": "true", "force_destroy": "false"}
_GUARDS |= {"skip_final_snapshot": "false", "termination_protection": "true"}


class DeletionProtectionRemoved(Rule[SourceFile]):
    """A guard against destroying a resource was taken away.

    It is the step before a destroy, and the plan that follows looks ordinary.
    """

    code, name, severity = "INF004", "deletion-protection-removed", Severity.HIGH
    remedy = "Keep the guard; lift it in a change of its own, together with the owner of the data."
    good = (("db.tf", 'resource "aws_db_instance" "a" {\n  deletion_protection = true\n}\n'),)
    bad = (
        (
            "db.tf",
            'resource "aws_db_instance" "a" {\n  deletion_protection = false\n}\n',
            'resource "aws_db_instance" "a" {\n  deletion_protection = true\n}\n',
        ),
    )

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        before = {block.address: _guards(block) for block in subject.base_blocks}
        for block in subject.blocks:
            now = _guards(block)
            for guard, kept in before.get(block.address, {}).items():
                if kept and not now.get(guard, False):
                    attribute = next(
                        (b.attributes[guard] for b in block.walk() if guard in b.attributes), None
                    )
                    place = subject.at(attribute.position if attribute else block.position)
                    message = f"{block.address} loses {guard}, so it can be destroyed"
                    yield self.finding(message, place, quote=f"{block.address} {guard}")


def _guards(top: Block) -> dict[str, bool]:
    return {
        name: block.attributes[name].literal == kept
        for block in top.walk()
        for name, kept in _GUARDS.items()
        if name in block.attributes
    }
