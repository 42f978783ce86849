"""What `log`, `show`, `lineage`, `verify` and `approve` do: everything that reads the evidence."""

import datetime
import getpass
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from governance.cli.check import EXIT, local_policy
from governance.cli.group import option
from governance.errors import InvalidInput, LedgerUnavailable
from governance.finding import Verdict
from governance.report.inert import inert_name, one_line

if TYPE_CHECKING:
    from governance.ledger.store import Ledger

policy_option = option("--policy", metavar="FILE", help="Policy file; says where the ledger is.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def open_existing(policy_file: str) -> "Ledger":
    """The ledger that the policy names. Raises LedgerUnavailable when there is none yet."""
    ledger = _existing_ledger(policy_file)
    if ledger is None:
        remedy = "`governance check --record` makes it; GOVERNANCE_LEDGER or ledger.url says where."
        raise LedgerUnavailable("there is no ledger yet", remedy)
    return ledger


@click.command()
@click.option("--verdict", type=click.Choice([*map(str, Verdict)]), help="Only decisions that end so.")
@option("--dag", help="Only decisions of this DAG.")
@option("--agent", help="Only changes of this agent.")
@option("--rule", help="Only decisions with a finding of this rule.")
@option("--text", help="Only decisions that mention this text.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="How many to list.")
@json_option
@policy_option
def log(
    verdict: str | None, dag: str, agent: str, rule: str, text: str, limit: int, as_json: bool, policy: str
) -> None:
    """List decisions, newest first.

    \b
    Example:
      governance log --verdict block --limit 5
    """
    from governance.ledger.index import Query
    from governance.wire import plain

    query = Query(verdict=verdict or "", dag_id=dag, agent=agent, rule=rule, text=text, limit=limit)
    entries = open_existing(policy).entries(query)
    if as_json:
        print(json.dumps([plain(entry) for entry in entries], indent=2))
        return
    for entry in entries:
        where = "/".join(filter(None, (entry.dag_id, entry.task_id))) or entry.branch or "-"
        row = f"{entry.decision_id}  {entry.recorded_at}  {entry.verdict:6}  {one_line(where, 40):40}"
        print(f"{row}  {one_line(entry.task, 60)}")
    if not entries:
        print("no decision matches; the ledger is empty or the filter too narrow", file=sys.stderr)


@click.command()
@click.argument("decision", metavar="ID")
@json_option
@policy_option
def show(decision: str, as_json: bool, policy: str) -> None:
    """Show one decision: verdict, findings, artifacts, trace, and whether its proof holds.

    \b
    Example:
      governance show 3f2a
    """
    from governance.view import decision_view
    from governance.web.trust import known_trust

    data = decision_view(open_existing(policy), decision, known_trust(local_policy(policy)))
    print(json.dumps(data, indent=2) if as_json else _decision_text(data))


def _decision_text(data: dict[str, Any]) -> str:
    lines = [f"decision {data['id']}  {data['verdict']}  {data['recorded_at']}"]
    lines.append(f"proof    {data['proof']['state']}: {one_line(data['proof']['reason'])}")
    if data["task"]:
        lines.append(f"task     {one_line(data['task'], 100)}")
    for artifact in data["artifacts"]:
        lines.append(
            f"artifact {artifact['change']:8} {inert_name(artifact['path'])}  {artifact['sha256'][:12]}"
        )
    for finding in data["findings"]:
        place = f"{finding['path']}:{finding['line']}" if finding.get("line") else finding.get("path") or ""
        lines.append(f"{finding['verdict']:8} {finding['code']} {finding['name']}  {inert_name(place)}")
        lines.append(f"         {one_line(finding['message'])}")
    return "\n".join(lines)


@click.command()
@click.argument("decision", metavar="ID")
@json_option
@policy_option
def lineage(decision: str, as_json: bool, policy: str) -> None:
    """Show what led to a decision and what it touches: prompt, steps, lines, tables and columns.

    \b
    Example:
      governance lineage 3f2a --json
    """
    from governance.lineage import EdgeKind
    from governance.view import lineage_view

    graph = lineage_view(open_existing(policy), decision)
    if as_json:
        print(json.dumps(graph, indent=2))
        return
    labels = {node["id"]: f"{node['kind']} {one_line(node['label'], 60)}" for node in graph["nodes"]}
    for edge in graph["edges"]:
        told = (edge["source"], edge["target"])
        subject, thing = reversed(told) if EdgeKind(edge["kind"]).looks_back else told
        print(f"{labels[subject]}  --{edge['kind']}-->  {labels[thing]}")


@click.command()
@option("--base", metavar="REV", help="Branch to be merged into.")
@option("--head", metavar="REV", help="Revision to verify.")
@click.option("--offline", is_flag=True, help="Use only evidence in the repository.")
@json_option
@policy_option
def verify(base: str, head: str, offline: bool, as_json: bool, policy: str) -> int:
    """Say whether each governed file carries valid evidence.

    With --base: every governed file that differs from it must. Without: the evidence files of HEAD.

    \b
    Example:
      governance verify --base main
    """
    from governance.adapters.git import Repository
    from governance.evidence import State
    from governance.publish import verify_branch, verify_tree

    repository = Repository.at()
    if base:
        store = None if offline else _existing_ledger(policy)
        proofs = verify_branch(repository, base, head or None, policy, store)
    else:
        proofs = verify_tree(repository)
        if not proofs:
            raise InvalidInput(
                f"HEAD of {repository.root} carries no evidence",
                "`governance verify --base main` asks it of every governed file that differs.",
            )
    if as_json:
        print(json.dumps([{f: str(getattr(p, f)) for f in p.__slots__} for p in proofs], indent=2))
    for proof in () if as_json else proofs:
        said = one_line(f"{proof.decision_id} {proof.reason}")
        print(f"{proof.state:8} {inert_name(proof.path)}  {said}".rstrip())
    failed = [proof for proof in proofs if proof.state is not State.PROVEN]
    print(f"{len(proofs) - len(failed)} of {len(proofs)} proven", file=sys.stderr)
    return EXIT[Verdict.BLOCK] if failed else EXIT[Verdict.PASS]


def _existing_ledger(policy_file: str) -> "Ledger | None":
    from governance.govern import ledger_exists, open_ledger

    policy = local_policy(policy_file)
    return open_ledger(policy) if ledger_exists(policy) else None


@click.command()
@click.argument("decision", metavar="ID")
@click.option("--reason", required=True, help="Why it may pass; it is recorded.")
@policy_option
def approve(decision: str, reason: str, policy: str) -> None:
    """Approve a decision that asks for review; your name and reason are signed into the ledger.

    \b
    Example:
      governance approve 3f2a --reason "the exposure is retired next week"
    """
    from governance.govern import Gate
    from governance.publish import approve as sign_approval

    gate = Gate(local_policy(policy), open_existing(policy))
    approval = {
        "by": getpass.getuser(),
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "reason": reason,
        "through": "command line",
    }
    attestation, _ = sign_approval(gate.ledger, decision, gate.key, approval)
    print(f"approved as {attestation.decision_id}")
