"""The list of decisions, newest first."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from governance.ledger.index import Query
from governance.redaction import redact_text

if TYPE_CHECKING:
    from governance.ledger.store import Ledger

_SHOWN = 3


def list_view(ledger: "Ledger", query: Query = Query()) -> dict[str, Any]:
    """A page of decisions with their gravest findings, how many match, and how many there are at all."""
    entries = ledger.entries(query)
    found = ledger.findings([entry.position for entry in entries]) if entries else {}
    rows = []
    for entry in entries:
        row = asdict(entry)
        row["id"] = row.pop("decision_id")
        del row["checkpoint"], row["leaf"]
        findings = [finding for finding in found[entry.position] if finding["verdict"] != "pass"]
        row["findings"] = len(findings)
        row["top"] = [
            {
                **{key: finding[key] for key in ("code", "name", "severity", "path", "line")},
                "message": redact_text(finding["message"])[0],
            }
            for finding in findings[:_SHOWN]
        ]
        rows.append(row)
    return {
        "rows": rows,
        "matched": ledger.count(query),
        "recorded": ledger.count(Query(dag_ids=query.dag_ids)),
        "offset": query.offset,
        "limit": query.limit,
    }
