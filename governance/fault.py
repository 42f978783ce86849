"""Faults: the `GOV` findings, for when something could not be judged or the gate itself is in doubt.

None of them ever yields a pass by accident: each blocks or asks for review, unless the policy
states otherwise in so many words.
"""

from dataclasses import dataclass

from governance.finding import Finding, Location, Severity


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which judging can fail; `summary` and `remedy` are its documentation."""

    code: str
    name: str
    severity: Severity
    summary: str
    remedy: str

    def finding(
        self,
        message: str,
        location: Location = Location(),
        *,
        quote: str = "",
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this fault about one place."""
        grade = self.severity if severity is None else severity
        return Finding(
            self.code, self.name, grade, message, location, remedy=self.remedy, quote=quote, category="gate"
        )


RULE_CRASHED = Fault(
    "GOV001",
    "rule-crashed",
    Severity.HIGH,
    "A rule raised an exception, so the artifact was not fully judged.",
    "Report it with the text that triggered it; until then the change needs a waiver.",
)
CHECK_CRASHED = Fault(
    "GOV002",
    "check-crashed",
    Severity.HIGH,
    "A whole check raised an exception and reported nothing.",
    "Read the reason, mend the environment, and run the gate again.",
)
CHECK_TIMED_OUT = Fault(
    "GOV003",
    "check-timed-out",
    Severity.HIGH,
    "A check did not finish within the time the policy allows.",
    "Make the change smaller, or raise the limit for this check in the policy.",
)
TOOL_MISSING = Fault(
    "GOV004",
    "tool-missing",
    Severity.HIGH,
    "A program or package that the check needs is not installed.",
    "Install the extra that brings it, or say in the policy that this kind needs only review.",
)
UNREADABLE = Fault(
    "GOV005",
    "unreadable-artifact",
    Severity.HIGH,
    "An artifact cannot be read or parsed as what it claims to be.",
    "Mend the syntax, or save it as UTF-8 text of a governed kind.",
)
TOO_LARGE = Fault(
    "GOV006",
    "artifact-too-large",
    Severity.HIGH,
    "An artifact is larger than the gate is willing to judge.",
    "Split it, or keep data out of the repository.",
)
SYMBOLIC_LINK = Fault(
    "GOV007",
    "symbolic-link",
    Severity.HIGH,
    "A link or submodule stands where a file should: what it means is decided elsewhere.",
    "Replace the link by the file itself.",
)
UNKNOWN_KIND = Fault(
    "GOV008",
    "kind-without-check",
    Severity.MEDIUM,
    "No check knows this kind of file, so a person should look; documents and pictures are only noted.",
    "Have it reviewed, or keep it in a change of its own.",
)
TRACE_MISSING = Fault(
    "GOV010",
    "trace-missing",
    Severity.MEDIUM,
    "An agent's change came without a trace, so nobody can tell why it was written.",
    "Pass the transcript with --trace, or say --by-hand when a person wrote the change.",
)
TRACE_INCOMPLETE = Fault(
    "GOV011",
    "trace-incomplete",
    Severity.LOW,
    "The trace has gaps: it was cut off, compacted, or holds records that could not be read.",
    "Capture the whole session; a compacted one says less than the policy may demand.",
)
REASONING_WITHHELD = Fault(
    "GOV012",
    "reasoning-withheld",
    Severity.LOW,
    "The agent's reasoning is not visible enough in the trace.",
    "Switch on summarised or full reasoning in the agent's settings.",
)
TRACE_UNREADABLE = Fault(
    "GOV013",
    "trace-unreadable",
    Severity.HIGH,
    "The transcript that came with the change cannot be read in any known format.",
    "Export the session again, or convert it to ATIF.",
)
AGENT_UNFINISHED = Fault(
    "GOV014",
    "agent-unfinished",
    Severity.MEDIUM,
    "The agent failed or was stopped before it was done, so the change may be half of what it meant.",
    "Read the task's log, and run the agent again.",
)
CHANGE_UNEXPLAINED = Fault(
    "GOV015",
    "change-unexplained",
    Severity.MEDIUM,
    "No step of the trace can have written this file, so the trace does not tell why it changed.",
    "Pass the transcript of the session that wrote it; the trace may belong to another change.",
)
OUTPUT_UNCHECKED = Fault(
    "GOV020",
    "output-unchecked",
    Severity.MEDIUM,
    "The data that the change produces was not validated: no suite and no tests for the model.",
    "Add dbt tests or an expectations file beside the model.",
)
OUTPUT_NOT_JUDGED = Fault(
    "GOV021",
    "output-check-could-not-run",
    Severity.HIGH,
    "Validation of the output could not run, which is neither good nor bad data.",
    "Mend the suite or the environment; a check that cannot run is not a pass.",
)
OUTPUT_EMPTY = Fault(
    "GOV022",
    "output-empty",
    Severity.MEDIUM,
    "The model produced fewer rows than the policy's minimum, so its checks prove nothing.",
    "Give the audit data that the model keeps, or lower the minimum for this model.",
)
NOT_RENDERED = Fault(
    "GOV023",
    "not-rendered",
    Severity.MEDIUM,
    "A template could not be rendered or built, so what it would do is unknown.",
    "Mend the project so that it parses and builds; unknown is not a pass.",
)
NO_JAIL = Fault(
    "GOV024",
    "jail-unavailable",
    Severity.HIGH,
    "The worker could not be cut off from network and credentials, so nothing was rendered.",
    "Run where unprivileged user namespaces or Landlock are allowed, or let the policy accept it.",
)
SERVER_NOT_ASKED = Fault(
    "GOV025",
    "server-not-asked",
    Severity.MEDIUM,
    "The database server that the policy names could not be asked about a statement.",
    "Let it be reached from here, or take sql.connection out of the policy.",
)
SERVER_REFUSES = Fault(
    "GOV026",
    "server-refuses",
    Severity.HIGH,
    "The database server refuses to prepare a statement: a name is missing, or a query would write.",
    "Mend what the server complains about, or bring the server up to date.",
)
SOURCE_ROWS_MISSING = Fault(
    "GOV027",
    "source-rows-missing",
    Severity.MEDIUM,
    "A source has no rows to build on, or made-up ones where real ones were to be read.",
    "Declare the source's columns, or let dbt.connection lead to its table; a new source needs a look first.",
)
FAILURE_UNPROVEN = Fault(
    "GOV028",
    "failure-unproven",
    Severity.MEDIUM,
    "A check fails on rows that were made up, or on a sample, which may be the rows' fault.",
    "Declare types and tests of the source, or let the policy name a connection; then see if it still fails.",
)
WAIVER_EXPIRED = Fault(
    "GOV030",
    "waiver-expired",
    Severity.MEDIUM,
    "A waiver in the policy has run out.",
    "Mend the finding, or renew the waiver with a new reason and date.",
)
WAIVER_UNUSED = Fault(
    "GOV031",
    "waiver-unused",
    Severity.LOW,
    "A waiver in the policy matches no finding of this change although it names its file.",
    "Remove the waiver.",
)
POLICY_CHANGED = Fault(
    "GOV032",
    "policy-changed",
    Severity.HIGH,
    "The change edits the policy, the trust file or evidence that judges it.",
    "Change the policy in a commit of its own, by hand, reviewed by its owners.",
)
CHECK_ABSENT = Fault(
    "GOV033",
    "required-check-absent",
    Severity.HIGH,
    "A check that the policy requires for this change did not run.",
    "Install what it needs, or remove it from the required checks.",
)

FAULTS = (
    RULE_CRASHED,
    CHECK_CRASHED,
    CHECK_TIMED_OUT,
    TOOL_MISSING,
    UNREADABLE,
    TOO_LARGE,
    SYMBOLIC_LINK,
    UNKNOWN_KIND,
    TRACE_MISSING,
    TRACE_INCOMPLETE,
    REASONING_WITHHELD,
    TRACE_UNREADABLE,
    AGENT_UNFINISHED,
    CHANGE_UNEXPLAINED,
    OUTPUT_UNCHECKED,
    OUTPUT_NOT_JUDGED,
    OUTPUT_EMPTY,
    NOT_RENDERED,
    NO_JAIL,
    SERVER_NOT_ASKED,
    SERVER_REFUSES,
    SOURCE_ROWS_MISSING,
    FAILURE_UNPROVEN,
    WAIVER_EXPIRED,
    WAIVER_UNUSED,
    POLICY_CHANGED,
    CHECK_ABSENT,
)
