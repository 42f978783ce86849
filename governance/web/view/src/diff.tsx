import { Fragment, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { FindingCard } from "./findings";
import type { Artifact, Decision, DiffRow, Finding, Verdict } from "./model";
import { Empty } from "./pieces";
import { go } from "./route";
import { StepCard } from "./step";
import { count, Inert } from "./text";

const SIGNS = { same: " ", added: "+", removed: "−" } as const;
const CONTEXT = 3;

/** Which rows are folded away: those far from any change, finding or the line asked for. */
function folds(rows: DiffRow[], keep: Map<number, unknown>, chosen: DiffRow | null): Map<number, number> {
  const near = new Uint8Array(rows.length);
  rows.forEach((row, index) => {
    if (row.kind !== "same" || row === chosen || (row.new !== null && keep.has(row.new)))
      near.fill(1, Math.max(0, index - CONTEXT), Math.min(rows.length, index + CONTEXT + 1));
  });
  const found = new Map<number, number>();
  for (let at = 0; at < rows.length; at++) {
    if (near[at]) continue;
    let end = at;
    while (end < rows.length && !near[end]) end++;
    if (end - at > 4) found.set(at, end);
    at = end;
  }
  return found;
}

export function Lines(props: { artifact: Artifact; decision: Decision; row: DiffRow | null; asked: boolean }): ReactNode {
  const { artifact, decision, row: chosen, asked } = props;
  const [open, setOpen] = useState<Set<number>>(new Set());
  const byLine = useMemo(() => anchored(artifact), [artifact]);
  const folded = useMemo(() => folds(artifact.rows, byLine, chosen), [artifact, byLine, chosen]);
  const nodes: ReactNode[] = [];
  for (let index = 0; index < artifact.rows.length; index++) {
    const end = open.has(index) ? undefined : folded.get(index);
    if (end !== undefined) {
      const from = index;
      nodes.push(
        <div className="fold" key={`f${from}`}>
          <button type="button" onClick={() => setOpen(new Set(open).add(from))}>
            {count(end - from, "unchanged line")}
          </button>
        </div>,
      );
      index = end - 1;
      continue;
    }
    const row = artifact.rows[index]!;
    const findings = row.new === null ? undefined : byLine.get(row.new);
    const same = chosen?.step != null && row.step === chosen.step;
    nodes.push(
      <Fragment key={index}>
        <Line row={row} decision={decision} path={artifact.path} current={row === chosen} asked={asked} same={same} flagged={findings?.[0]?.verdict} />
        {findings && <Beside findings={findings} decision={decision} />}
      </Fragment>,
    );
  }
  const anywhere = artifact.findings.filter((finding) => finding.path === artifact.path && !finding.line);
  return (
    <>
      <div className="lines">{nodes}</div>
      <Beside findings={anywhere} decision={decision} />
      {artifact.omitted > 0 && <p className="omitted quiet">{count(artifact.omitted, "more line")} in the evidence</p>}
    </>
  );
}

/** Findings by the line they stand at; those of a line that is gone stand at the last one. */
function anchored(artifact: Artifact): Map<number, Finding[]> {
  const byLine = new Map<number, Finding[]>();
  const last = artifact.rows.reduce((most, row) => Math.max(most, row.new ?? 0), 0);
  for (const finding of artifact.findings) {
    if (finding.path !== artifact.path || !finding.line) continue;
    const line = Math.min(finding.line, last);
    byLine.set(line, [...(byLine.get(line) ?? []), finding]);
  }
  return byLine;
}

function Beside({ findings, decision }: { findings: Finding[]; decision: Decision }): ReactNode {
  const alike = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = `${finding.code} ${finding.verdict} ${finding.remedy} ${finding.allow} ${finding.waiver?.reason ?? ""}`;
    alike.set(key, [...(alike.get(key) ?? []), finding]);
  }
  return [...alike.values()].map((group) => (
    <div className="beside" key={group[0]!.rank}>
      <FindingCard findings={group} decision={decision} />
    </div>
  ));
}

function origin(row: DiffRow): string {
  if (row.step) return `step ${row.step} ${row.kind === "removed" ? "removed" : "wrote"} this line`;
  if (row.from === "unexplained") return `no step of the trace ${row.kind === "removed" ? "removed" : "wrote"} this line`;
  return row.from === "base" ? "was there before" : "";
}

function Line(props: {
  row: DiffRow;
  decision: Decision;
  path: string;
  current: boolean;
  asked: boolean;
  same: boolean;
  flagged: Verdict | undefined;
}): ReactNode {
  const { row, decision, path, current, asked, same, flagged } = props;
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (current && asked) ref.current?.scrollIntoView({ block: "nearest", behavior: "instant" });
  }, [current, asked]);
  const classes = ["line", row.kind, current && "current", same && "same-step", flagged && `flagged ${flagged}`, row.from && `from-${row.from}`];
  const place = row.new === null ? { old: row.old ?? undefined } : { line: row.new };
  const pick = () => go(["decisions", decision.id, "changes"], { path, ...place }, true);
  const number = row.new ?? row.old;
  const label = `${row.new === null ? "Removed line" : "Line"} ${number}. ${origin(row)}`;
  const button = (
    <button type="button" className="no" onClick={pick} title={origin(row)} aria-label={label} aria-current={current ? "true" : undefined}>
      {number}
    </button>
  );
  const indent = row.text.length - row.text.trimStart().length;
  return (
    <div ref={ref} className={classes.filter(Boolean).join(" ")}>
      {row.new === null ? button : <span className="no">{row.old}</span>}
      {row.new === null ? <span className="no" /> : button}
      <span className="sign" aria-hidden="true">
        {SIGNS[row.kind]}
      </span>
      <code onClick={pick}>
        <Inert text={row.text.slice(0, indent)} />
        <span className="words">
          <Inert text={row.text.slice(indent)} />
        </span>
      </code>
      <span className="by" title={origin(row)}>
        {row.step ? `#${row.step}` : row.from === "unexplained" && row.kind !== "same" ? "?" : ""}
      </span>
    </div>
  );
}

/** The step behind a line, or why there is none to show. */
export function Why({ decision, row }: { decision: Decision; row: DiffRow }): ReactNode {
  if (decision.trace === null)
    return (
      <Empty title="The change came without a trace">
        <p>So nothing says why. Give the agent's transcript to the gate, and each line is tied to the step that wrote it.</p>
      </Empty>
    );
  if (!decision.may.includes("trace"))
    return (
      <Empty title="You may not see the reasoning">
        <p>It needs access to the DAG's task logs.</p>
      </Empty>
    );
  if (row.step !== null) return <StepCard decision={decision} seq={row.step} why={origin(row)} />;
  if (row.from === "base")
    return (
      <Empty title="This line was there before">
        <p>The agent did not touch it.</p>
      </Empty>
    );
  return (
    <Empty title="No step accounts for this line">
      <p>It differs from the base, and nothing in the trace says who changed it: a command that rewrites files, or a hand.</p>
    </Empty>
  );
}
