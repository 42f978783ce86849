import type { ReactNode } from "react";
import type { Decision, Finding, Place } from "./model";
import { Empty, SeverityMark, VerdictMark } from "./pieces";
import { addressOf, nameOf } from "./place";
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
          <FindingCard findings={[finding]} decision={decision} place />
        </li>
      ))}
    </ol>
  );
}

function PlaceLink({ place, decision }: { place: Place; decision: Decision }): ReactNode {
  const target = addressOf(place, decision);
  const name = <Inert text={nameOf(place)} />;
  return target ? <a href={target}>{name}</a> : <span className="quiet">{name}</span>;
}

/** What would have happened, how to mend it, and what would permit it; alike findings of one place share a card. */
export function FindingCard({ findings, decision, place = false }: { findings: Finding[]; decision: Decision; place?: boolean }): ReactNode {
  const finding = findings[0]!;
  const related = findings.flatMap((one) => one.related);
  return (
    <article className={`finding ${finding.verdict}`}>
      <header>
        <VerdictMark verdict={finding.verdict} />
        <strong>
          <code>{finding.code}</code> {finding.code.endsWith(finding.name) ? "" : finding.name}
        </strong>
        <SeverityMark severity={finding.severity} />
        {place && <PlaceLink place={finding} decision={decision} />}
      </header>
      {findings.map((one) => (
        <p key={one.rank}>
          <Inert text={one.message} />
        </p>
      ))}
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
      {related.length > 0 && (
        <p className="remedy">
          <span className="quiet">See also:</span>{" "}
          {related.map((other, index) => (
            <span key={index} className="also">
              <PlaceLink place={other} decision={decision} />
            </span>
          ))}
        </p>
      )}
    </article>
  );
}
