import { type ReactNode, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { read, shown, type Failure } from "./api";
import type { Decision, Outline, TracePage, TraceSummary } from "./model";
import { Empty, Problem } from "./pieces";
import { go } from "./route";
import { KINDS, StepCard } from "./step";
import { count, Inert } from "./text";

const ROW = 46;
const PAGE = 200;
const BEYOND = 12;

export function TracePane({ decision, query }: { decision: Decision; query: URLSearchParams }): ReactNode {
  if (!decision.trace)
    return (
      <Empty title="This change came without a trace">
        <p>
          Nobody can say why it was written. <code>GovernedAgentOperator</code> records the agent's own transcript; on the command line, give it
          with <code>governance check --base main --trace session.jsonl</code>.
        </p>
      </Empty>
    );
  return <Loaded decision={decision} summary={decision.trace} query={query} />;
}

function Loaded({ decision, summary, query }: { decision: Decision; summary: TraceSummary; query: URLSearchParams }): ReactNode {
  const [kinds, setKinds] = useState<string[]>([]);
  const [text, setText] = useState("");
  const find = useDeferredValue(text.trim());
  const asked = Number(query.get("step")) || 0;
  const trace = usePages(decision.id, kinds, find, asked);
  const pick = useCallback((seq: number) => go(["decisions", decision.id, "trace"], { step: seq }, true), [decision.id]);
  const toggle = (kind: string) => setKinds((now) => (now.includes(kind) ? now.filter((one) => one !== kind) : [...now, kind]));
  return (
    <div className="trace">
      <TraceFacts summary={summary} />
      <div className="trace-tools">
        <label className="field wide">
          <span>Search the trace</span>
          <input type="search" value={text} placeholder="words of a thought, call or result" onChange={(event) => setText(event.target.value)} />
        </label>
        <div className="chips" role="group" aria-label="Kinds of steps">
          {Object.entries(summary.kinds).map(([kind, number]) => (
            <button key={kind} type="button" aria-pressed={kinds.includes(kind)} onClick={() => toggle(kind)}>
              {KINDS[kind] ?? kind} <span className="number">{number.toLocaleString()}</span>
            </button>
          ))}
        </div>
        <p className="quiet" role="status">
          {trace.matched === null ? "…" : find || kinds.length ? `${trace.matched.toLocaleString()} of ${count(summary.steps, "step")}` : ""}
          <span className="keys">
            <kbd>j</kbd> <kbd>k</kbd> next and previous
          </span>
        </p>
      </div>
      {trace.failure && <Problem failure={trace.failure} />}
      <div className="trace-body">
        <Steps trace={trace} asked={asked} pick={pick} find={find} />
        <aside className={asked ? "pane" : "pane idle"} aria-label="Step">
          {asked ? (
            <StepCard decision={decision} seq={asked} find={find} />
          ) : (
            <Empty title="Choose a step">
              <p>Its words, the thought before it and the lines that it wrote are shown here.</p>
            </Empty>
          )}
        </aside>
      </div>
    </div>
  );
}

function TraceFacts({ summary }: { summary: TraceSummary }): ReactNode {
  const redacted = Object.values(summary.redactions).reduce((sum, number) => sum + number, 0);
  return (
    <ul className="trace-facts">
      <li>
        <Inert text={[summary.agent, summary.model].filter(Boolean).join(", ")} />
      </li>
      <li>{summary.completeness === "complete" ? "complete" : `completeness: ${summary.completeness}`}</li>
      {summary.withheld > 0 && <li className="withheld">{count(summary.withheld, "thought")} withheld by the provider</li>}
      {redacted > 0 && (
        <li className="redacted" title={Object.entries(summary.redactions).map(([name, number]) => `${name}: ${number}`).join("\n")}>
          {count(redacted, "secret")} redacted
        </li>
      )}
      {summary.gaps.length > 0 && (
        <li className="warn" title={summary.gaps.map((gap) => `byte ${gap.offset}, ${gap.length} bytes: ${gap.reason}`).join("\n")}>
          {count(summary.gaps.length, "gap")} in the transcript
        </li>
      )}
      {summary.tokens.output > 0 && <li>{(summary.tokens.input + summary.tokens.output).toLocaleString()} tokens</li>}
    </ul>
  );
}

interface Pages {
  matched: number | null;
  at: number | null;
  failure: Failure | null;
  row: (index: number) => Outline | undefined;
  want: (from: number, to: number) => void;
}

/** The pages of the trace that were looked at; a new filter forgets them. */
function usePages(id: string, kinds: string[], text: string, asked: number): Pages {
  const filter = JSON.stringify([id, kinds, text]);
  const [state, setState] = useState<{ filter: string; matched: number | null; at: number | null; rows: Map<number, Outline> }>(
    { filter, matched: null, at: null, rows: new Map() },
  );
  const [failure, setFailure] = useState<Failure | null>(null);
  const pending = useRef(new Set<string>());
  const start = useRef(asked);

  const load = useCallback(
    (offset: number, around: number) => {
      const key = `${filter}|${offset}|${around}`;
      if (pending.current.has(key)) return;
      pending.current.add(key);
      const search = new URLSearchParams({ offset: String(offset), limit: String(PAGE), text });
      if (around) search.set("around", String(around));
      for (const kind of kinds) search.append("kind", kind);
      read<TracePage>(`decisions/${id}/trace?${search}`)
        .then((page) => {
          setFailure(null);
          setState((old) => {
            const rows = old.filter === filter ? new Map(old.rows) : new Map<number, Outline>();
            page.steps.forEach((step, index) => rows.set(page.offset + index, step));
            return { filter, matched: page.matched, at: around ? page.at : old.filter === filter ? old.at : null, rows };
          });
        })
        .catch((error: unknown) => setFailure(shown(error)))
        .finally(() => pending.current.delete(key));
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [filter],
  );
  useEffect(() => load(0, start.current), [load]);

  const fresh = state.filter === filter;
  return {
    matched: fresh ? state.matched : null,
    at: fresh ? state.at : null,
    failure,
    row: (index) => (fresh ? state.rows.get(index) : undefined),
    want: (from, to) => {
      for (let page = Math.floor(from / PAGE); page <= Math.floor(to / PAGE); page++) {
        const missing = Array.from({ length: PAGE }, (_, index) => page * PAGE + index).some(
          (index) => index >= from && index <= to && index < (state.matched ?? 0) && !state.rows.has(index),
        );
        if (missing) load(page * PAGE, 0);
      }
    },
  };
}

function Steps({ trace, asked, pick, find }: { trace: Pages; asked: number; pick: (seq: number) => void; find: string }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const total = trace.matched ?? 0;
  const from = Math.max(0, Math.floor(top / ROW) - BEYOND);
  const to = Math.min(total - 1, Math.ceil((top + height) / ROW) + BEYOND);
  useEffect(() => {
    if (total) trace.want(from, to);
  });
  useEffect(() => {
    if (trace.at !== null && box.current) box.current.scrollTop = Math.max(0, trace.at * ROW - height / 3);
    // only when the place itself changes
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [trace.at]);
  useEffect(() => {
    const observer = new ResizeObserver(() => setHeight(box.current?.clientHeight ?? 600));
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const indexes = useMemo(() => Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index), [from, to]);

  const key = (event: KeyboardEvent) => {
    const inList = box.current?.contains(document.activeElement);
    const way = inList ? { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key] : { j: 1, k: -1 }[event.key];
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    if (!way || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const here = indexes.find((index) => trace.row(index)?.seq === asked);
    const index = here === undefined ? Math.floor(top / ROW) : here + way;
    const step = trace.row(index);
    if (!step || !box.current) return;
    pick(step.seq);
    const edge = index * ROW;
    if (edge < box.current.scrollTop) box.current.scrollTop = edge;
    else if (edge + ROW > box.current.scrollTop + height) box.current.scrollTop = edge + ROW - height;
  };
  useEffect(() => {
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  });
  if (trace.matched === 0) return <Empty title="No step matches">{find ? `Nothing says “${find}”.` : "Choose other kinds."}</Empty>;
  return (
    <div
      className="steps"
      ref={box}
      tabIndex={0}
      role="listbox"
      aria-label="Steps of the trace"
      aria-activedescendant={asked ? `step-${asked}` : undefined}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div style={{ height: total * ROW, position: "relative" }} role="presentation">
        {indexes.map((index) => {
          const step = trace.row(index);
          return step ? (
            <StepRow key={index} step={step} index={index} total={total} current={step.seq === asked} pick={pick} find={find} />
          ) : null;
        })}
      </div>
    </div>
  );
}

function StepRow(props: { step: Outline; index: number; total: number; current: boolean; pick: (seq: number) => void; find: string }): ReactNode {
  const { step, index, total, current, pick, find } = props;
  return (
    <div
      id={`step-${step.seq}`}
      role="option"
      aria-selected={current}
      aria-posinset={index + 1}
      aria-setsize={total}
      className={`step-row is-${step.kind} ${current ? "current" : ""}`}
      style={{ transform: `translateY(${index * ROW}px)`, height: ROW }}
      onClick={() => pick(step.seq)}
    >
      <span className="no">{step.seq}</span>
      <span className="kind">{KINDS[step.kind] ?? step.kind}</span>
      <span className="title">
        {step.withheld && <span className="withheld">{step.withheld}</span>} <Inert text={step.withheld === step.title ? "" : step.title} find={find} />
      </span>
      {step.status && step.status !== "ok" && <span className="status">{step.status}</span>}
      {step.wrote > 0 && <span className="wrote-mark">wrote {step.wrote}</span>}
      {step.findings > 0 && <span className="number alert">{step.findings}</span>}
    </div>
  );
}
