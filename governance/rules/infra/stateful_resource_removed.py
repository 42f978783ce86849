"""INF005 stateful-resource-removed."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.syntax.source import SourceFile

_STATEFUL = re.compile(
    r"bucket|database|db_instance|rds|dynamodb_table|bigquery_(dataset|table)|redshift|snowflake_(database|schema|"
    r"table)|storage_account|efs_file_system|volume|disk|kms_key|elasticache|kinesis_stream|pubsub_topic|glue_catalog"
)


class StatefulResourceRemoved(Rule[SourceFile]):
    """A resource that holds data disappears from the code, so the next apply destroys it.

    Renaming does the same: Terraform destroys the old name and makes an empty new one.
    """

    code, name, severity = "INF005", "stateful-resource-removed", Severity.HIGH
    remedy = "Use a `moved` or `removed` block when the data must stay; otherwise let its owner delete it."
    good = (
        (
            "a.tf",
            'resource "aws_s3_bucket" "raw" {\n  bucket = "b"\n}\n',
            'resource "aws_s3_bucket" "raw" {\n}\n',
        ),
    )
    bad = (("a.tf", "locals {\n}\n", 'resource "aws_s3_bucket" "raw" {\n}\n'),)

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        kept = {block.address for block in subject.blocks if block.type == "resource"}
        spared = {
            attribute.literal
            for block in subject.blocks
            if block.type in ("moved", "removed") and (attribute := block.attributes.get("from"))
        }
        for block in subject.base_blocks:
            holds_data = block.type == "resource" and block.labels and _STATEFUL.search(block.labels[0])
            if holds_data and block.address not in kept | spared:
                message = f"{block.address} and the data in it would be destroyed"
                yield self.finding(message, subject.at(Position(1, 1)), quote=block.address)
