import type { ReactNode } from "react";
import type { Failure } from "./api";
import type { Severity, Verdict } from "./model";

const MARKS: Record<Verdict, string> = { pass: "✓", review: "?", block: "✕" };

export function VerdictMark({ verdict }: { verdict: Verdict }): ReactNode {
  return (
    <span className={`verdict ${verdict}`}>
      <span aria-hidden="true">{MARKS[verdict]}</span> {verdict}
    </span>
  );
}

export function SeverityMark({ severity }: { severity: Severity }): ReactNode {
  return <span className={`severity ${severity}`}>{severity}</span>;
}

export function Empty({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <div>{children}</div>
    </div>
  );
}

export function Problem({ failure }: { failure: Failure }): ReactNode {
  return (
    <div className="empty problem" role="alert">
      <h2>{failure.message}</h2>
      {failure.remedy && <p>{failure.remedy}</p>}
    </div>
  );
}

export function Waiting(): ReactNode {
  return (
    <p className="waiting" role="status">
      Reading the ledger…
    </p>
  );
}
