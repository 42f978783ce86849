import { Fragment, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { query as encode, useRead } from "./api";
import { FindingCard } from "./findings";
import type { Artifact, ArtifactSummary, Decision, DiffRow, Finding } from "./model";
import { Empty, Problem, Waiting } from "./pieces";
import { go } from "./route";
import { StepCard } from "./step";
import { count, Inert } from "./text";

const SIGNS = { same: " ", added: "+", removed: "−" } as const;
const CHANGES = { added: "A", modified: "M", deleted: "D" } as const;

export function Changes({ decision, query }: { decision: Decision; query: URLSearchParams }): ReactNode {
  const first = decision.artifacts.find((one) => one.findings > 0) ?? decision.artifacts[0];
  const path = query.get("path") ?? first?.path;
  if (!path)
    return (
      <Empty title="This decision is about no artifact">
        <p>The agent ran, but left nothing that was changed.</p>
      </Empty>
    );
  return (
    <div className={decision.artifacts.length > 1 ? "changes many" : "changes"}>
      {decision.artifacts.length > 1 && <Files decision={decision} path={path} />}
      <Diff key={path} decision={decision} path={path} query={query} />
    </div>
  );
}

function Files({ decision, path }: { decision: Decision; path: string }): ReactNode {
  return (
    <nav className="files" aria-label="Artifacts">
      <ul>
        {decision.artifacts.map((one) => (
          <li key={one.path}>
            <button
              type="button"
              aria-current={one.path === path ? "true" : undefined}
              onClick={() => go(["decisions", decision.id, "changes"], { path: one.path })}
            >
              <span className={`change ${one.change}`} title={one.change}>
                {CHANGES[one.change]}
              </span>
              <FileName path={one.path} />
              {one.findings > 0 && <span className="number alert">{one.findings}</span>}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function FileName({ path }: { path: string }): ReactNode {
  const at = path.lastIndexOf("/") + 1;
  return (
    <span className="file" title={path}>
      <span className="quiet">
        <Inert text={path.slice(0, at)} />
      </span>
      <Inert text={path.slice(at)} />
    </span>
  );
}

function Diff({ decision, path, query }: { decision: Decision; path: string; query: URLSearchParams }): ReactNode {
  const { data, failure } = useRead<Artifact>(`decisions/${decision.id}/artifact?${encode({ path })}`);
  const line = Number(query.get("line")) || null;
  const step = Number(query.get("step")) || null;
  const summary = decision.artifacts.find((one) => one.path === path);
  if (failure) return <Problem failure={failure} />;
  if (!data) return <Waiting />;
  const row = data.rows.find((one) => line !== null && one.new === line) ?? null;
  const shownStep = step ?? row?.step ?? null;
  return (
    <div className={shownStep || row ? "with-why" : "diff-only"}>
      <section className="diff" aria-label={`Diff of ${path}`}>
        <DiffHead path={path} summary={summary} hasTrace={decision.trace !== null} />
        {data.problem ? (
          <Empty title="Its lines cannot be shown">
            <p>
              <Inert text={data.problem} />
            </p>
          </Empty>
        ) : (
          <Lines artifact={data} decision={decision} line={line} step={shownStep} />
        )}
      </section>
      {(shownStep || row) && (
        <aside className="pane" aria-label="Why this line was written">
          <Why decision={decision} row={row} step={shownStep} />
        </aside>
      )}
    </div>
  );
}

function DiffHead(props: { path: string; summary?: ArtifactSummary; hasTrace: boolean }): ReactNode {
  const { path, summary, hasTrace } = props;
  return (
    <header className="diff-head">
      <FileName path={path} />
      {summary && (
        <span className="quiet">
          {summary.change} {summary.kind}
          {hasTrace && `, ${count(summary.written, "line")} traced to a step`}
          {summary.unexplained > 0 && <span className="warn">, {count(summary.unexplained, "line")} unexplained</span>}
        </span>
      )}
    </header>
  );
}

const CONTEXT = 3;

/** Which rows are folded away: those far from any change, finding or the line asked for. */
function folds(rows: DiffRow[], keep: Set<number>, line: number | null): { from: number; to: number }[] {
  const near = new Uint8Array(rows.length);
  rows.forEach((row, index) => {
    const shown = row.kind !== "same" || (row.new !== null && (keep.has(row.new) || row.new === line));
    if (shown) near.fill(1, Math.max(0, index - CONTEXT), Math.min(rows.length, index + CONTEXT + 1));
  });
  const found: { from: number; to: number }[] = [];
  for (let at = 0; at < rows.length; at++) {
    if (near[at]) continue;
    let end = at;
    while (end < rows.length && !near[end]) end++;
    if (end - at > 4) found.push({ from: at, to: end });
    at = end;
  }
  return found;
}

function Lines(props: { artifact: Artifact; decision: Decision; line: number | null; step: number | null }): ReactNode {
  const { artifact, decision, line, step } = props;
  const [open, setOpen] = useState<Set<number>>(new Set());
  const byLine = useMemo(() => anchored(artifact), [artifact]);
  const folded = useMemo(() => folds(artifact.rows, new Set(byLine.keys()), line), [artifact, byLine, line]);
  const anywhere = artifact.findings.filter((finding) => finding.path === artifact.path && !finding.line);
  const nodes: ReactNode[] = [];
  for (let index = 0; index < artifact.rows.length; index++) {
    const fold = folded.find((one) => one.from === index && !open.has(one.from));
    if (fold) {
      nodes.push(
        <div className="fold" key={`f${index}`}>
          <button type="button" onClick={() => setOpen(new Set(open).add(fold.from))}>
            {count(fold.to - fold.from, "unchanged line")}
          </button>
        </div>,
      );
      index = fold.to - 1;
      continue;
    }
    const row = artifact.rows[index]!;
    const findings = row.new === null ? undefined : byLine.get(row.new);
    nodes.push(
      <Fragment key={index}>
        <Line row={row} decision={decision} path={artifact.path} current={row.new === line && line !== null} same={step !== null && row.step === step} flagged={findings !== undefined} />
        {findings?.map((finding) => (
          <div className="beside" key={finding.rank}>
            <FindingCard finding={finding} id={decision.id} />
          </div>
        ))}
      </Fragment>,
    );
  }
  return (
    <>
      {anywhere.map((finding) => (
        <div className="beside" key={finding.rank}>
          <FindingCard finding={finding} id={decision.id} />
        </div>
      ))}
      <div className="lines">{nodes}</div>
      {artifact.omitted > 0 && <p className="quiet">{count(artifact.omitted, "more line")} in the evidence.</p>}
    </>
  );
}

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

const FROM = {
  "": "",
  step: "",
  base: "was there before",
  unexplained: "no step of the trace wrote this line",
} as const;

function Line(props: {
  row: DiffRow;
  decision: Decision;
  path: string;
  current: boolean;
  same: boolean;
  flagged: boolean;
}): ReactNode {
  const { row, decision, path, current, same, flagged } = props;
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (current) ref.current?.scrollIntoView({ block: "center", behavior: "instant" });
  }, [current]);
  const classes = ["line", row.kind, current && "current", same && "same-step", flagged && "flagged", row.from && `from-${row.from}`];
  const pick = () => go(["decisions", decision.id, "changes"], { path, line: row.new ?? undefined }, true);
  const title = row.step ? `step ${row.step} wrote this line` : FROM[row.from];
  return (
    <div ref={ref} className={classes.filter(Boolean).join(" ")}>
      <span className="no">{row.old}</span>
      <button type="button" className="no" disabled={row.new === null} onClick={pick} title={title} aria-label={row.new ? `Line ${row.new}. ${title}` : undefined}>
        {row.new}
      </button>
      <span className="sign" aria-hidden="true">
        {SIGNS[row.kind]}
      </span>
      <code onClick={row.new === null ? undefined : pick}>
        <Inert text={row.text} />
      </code>
      <span className="by">{row.step ? `#${row.step}` : row.from === "unexplained" ? "?" : ""}</span>
    </div>
  );
}

function Why({ decision, row, step }: { decision: Decision; row: DiffRow | null; step: number | null }): ReactNode {
  if (step !== null && decision.may.includes("trace")) return <StepCard decision={decision} seq={step} />;
  if (decision.trace === null)
    return (
      <Empty title="The change came without a trace">
        <p>So there is nothing to say about why. Give the agent's transcript to the gate and each line is tied to its step.</p>
      </Empty>
    );
  if (row?.from === "base")
    return (
      <Empty title="This line was there before">
        <p>The agent did not touch it.</p>
      </Empty>
    );
  return (
    <Empty title="No step accounts for this line">
      <p>It differs from the base, and nothing in the trace wrote it: a command that rewrites files, or a hand.</p>
    </Empty>
  );
}
