"""INF001 public-storage."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.source import SourceFile

_OPEN = re.compile(r"public-read(-write)?|authenticated-read|allUsers|allAuthenticatedUsers")
_GUARDS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
_PUBLIC_ACCESS = {"container_access_type": ("blob", "container"), "public_access": ("Blob", "Container")}


class PublicStorage(Rule[SourceFile]):
    """A storage bucket is opened to everybody.

    Whatever pipelines write there can be read by anyone who guesses the name.
    """

    code, name, severity = "INF001", "public-storage", Severity.HIGH
    remedy = "Keep the bucket private and grant named principals; share single objects by signed URL."
    good = (("main.tf", 'resource "aws_s3_bucket" "raw" {\n  acl = "private"\n}\n'),)
    bad = (("main.tf", 'resource "aws_s3_bucket" "raw" {\n  acl = "public-read"\n}\n'),)

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        for top in subject.blocks:
            for block in top.walk():
                for attribute in block.attributes.values():
                    if self._opens(attribute.name, attribute.text):
                        message = (
                            f"{top.address} can be read by everybody: {attribute.name} = {attribute.text}"
                        )
                        place = subject.at(attribute.position)
                        yield self.finding(message, place, quote=f"{top.address} {attribute.text}")

    def _opens(self, name: str, text: str) -> bool:
        literal = text.strip().strip('"')
        if name in ("acl", "member", "members", "predefined_acl", "role_entity"):
            return bool(_OPEN.search(text))
        if name in _GUARDS:
            return literal == "false"
        return literal in _PUBLIC_ACCESS.get(name, ())
