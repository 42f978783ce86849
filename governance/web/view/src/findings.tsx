import type { ReactNode } from "react";
import { placeOf } from "./decision";
import type { Decision, Finding } from "./model";
import { Empty, SeverityMark, VerdictMark } from "./pieces";
import { Inert } from "./text";

export function Findings({ decision }: { decision: Decision }): ReactNode {
  if (decision.findings.length === 0)
    return (
      <Empty title="Nothing was found">
        <p>The checks that ran are listed under “Checks and proof”.</p>
      </Empty>
    );
  return (
    <ol className="findings">
      {decision.findings.map((finding) => (
        <li key={finding.rank}>
          <FindingCard finding={finding} id={decision.id} place />
        </li>
      ))}
    </ol>
  );
}

/** One finding: what would have happened, how to mend it, and what would permit it. */
export function FindingCard({ finding, id, place = false }: { finding: Finding; id: string; place?: boolean }): ReactNode {
  return (
    <article className={`finding ${finding.verdict}`}>
      <header>
        <VerdictMark verdict={finding.verdict} />
        <strong>
          <code>{finding.code}</code> {finding.name}
        </strong>
        <SeverityMark severity={finding.severity} />
        {place && (finding.path || finding.step !== null) && (
          <a href={placeOf(finding, id)}>
            {finding.path ? <Inert text={`${finding.path}${finding.line ? `:${finding.line}` : ""}`} /> : `step ${finding.step}`}
          </a>
        )}
      </header>
      <p>
        <Inert text={finding.message} />
      </p>
      {place && finding.quote && (
        <pre className="quote">
          <Inert text={finding.quote.slice(0, 600)} />
        </pre>
      )}
      {finding.remedy && (
        <p className="remedy">
          <span className="quiet">Mend:</span> <Inert text={finding.remedy} />
        </p>
      )}
      {finding.allow && (
        <p className="remedy">
          <span className="quiet">Permit, in the policy:</span> <code><Inert text={finding.allow} /></code>
        </p>
      )}
      {finding.waiver && (
        <p className="remedy">
          <span className="quiet">Waived until {finding.waiver.expires} by</span> <Inert text={`${finding.waiver.author}: ${finding.waiver.reason}`} />
        </p>
      )}
      {finding.related.length > 0 && (
        <p className="remedy">
          <span className="quiet">See also:</span>{" "}
          {finding.related.map((other, index) => (
            <a key={index} href={placeOf(other, id)}>
              <Inert text={other.path ? `${other.path}${other.line ? `:${other.line}` : ""}` : `step ${other.step}`} />{" "}
            </a>
          ))}
        </p>
      )}
    </article>
  );
}
