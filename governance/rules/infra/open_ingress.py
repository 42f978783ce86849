"""INF002 open-ingress."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.hcl import Attribute, Block
from governance.syntax.source import SourceFile

_SOURCES = {
    "cidr_blocks",
    "ipv6_cidr_blocks",
    "source_ranges",
    "cidr_ipv4",
    "cidr_ipv6",
    "source_address_prefix",
}
_ANYWHERE = ('"0.0.0.0/0"', '"::/0"', '"*"', '"Internet"')


class OpenIngress(Rule[SourceFile]):
    """A network rule lets the whole internet in.

    Databases and notebooks behind it are found by scanners within minutes.
    """

    code, name, severity = "INF002", "open-ingress", Severity.HIGH
    remedy = "Name the networks that need access, or put a load balancer or VPN in front."
    good = (
        (
            "net.tf",
            'resource "aws_security_group" "db" {\n  egress {\n    cidr_blocks = ["0.0.0.0/0"]\n  }\n}\n',
        ),
    )
    bad = (
        (
            "net.tf",
            'resource "aws_security_group" "db" {\n  ingress {\n    cidr_blocks = ["0.0.0.0/0"]\n  }\n}\n',
        ),
    )

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        for top in subject.blocks:
            for block in top.walk():
                for attribute in block.attributes.values():
                    if self._opens(top, block, attribute):
                        message = f"{top.address} accepts connections from everywhere"
                        place = subject.at(attribute.position)
                        yield self.finding(message, place, quote=f"{top.address} {attribute.text}")

    def _opens(self, top: Block, block: Block, attribute: Attribute) -> bool:
        if attribute.name not in _SOURCES or not any(source in attribute.text for source in _ANYWHERE):
            return False
        outward = block.type == "egress" or "egress" in top.address
        direction = block.attributes.get("type") or block.attributes.get("direction")
        return not outward and not (direction and direction.literal.lower() in ("egress", "outbound"))
