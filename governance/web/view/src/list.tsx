import { type ReactNode, useDeferredValue, useEffect } from "react";
import { query as encode, useRead } from "./api";
import type { Listing, Row } from "./model";
import { Empty, Problem, VerdictMark, Waiting } from "./pieces";
import { address, go, scope } from "./route";
import { count, Inert, when } from "./text";

const PAGE = 50;
const FILTERS = ["verdict", "text", "dag", "agent", "rule"] as const;
const VERDICTS = [
  ["", "All"],
  ["block", "Blocked"],
  ["review", "Review"],
  ["pass", "Passed"],
] as const;

export function ListPage({ query }: { query: URLSearchParams }): ReactNode {
  const fixed = scope();
  const chosen = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  const offset = Number(query.get("offset") ?? 0) || 0;
  const path = useDeferredValue(`decisions?${encode({ ...chosen, ...fixed, offset, limit: PAGE })}`);
  const { data, failure, loading } = useRead<Listing>(path);
  const inTask = fixed.task !== undefined;
  const scoped = fixed.dag !== undefined;
  const only = inTask && data?.matched === 1 && data.rows[0] ? data.rows[0].id : null;
  useEffect(() => {
    const arriving = window.location.hash === ""; // who came back to the list wants the list
    if (only && !loading && arriving) go(["decisions", only], {}, true);
  }, [only, loading]);

  const change = (name: string, value: string) => go([], { ...chosen, [name]: value }, true);
  const filtered = FILTERS.some((name) => chosen[name]);
  return (
    <main className="page">
      <header className="head">
        <h1>{inTask ? "Decisions about this task" : scoped ? "Decisions in this run" : "Decisions"}</h1>
        {data && <p className="quiet">{summary(data, filtered || scoped)}</p>}
      </header>
      <Filters chosen={chosen} change={change} rows={data?.rows ?? []} scoped={scoped} />
      {failure && <Problem failure={failure} />}
      {!data && loading && <Waiting />}
      {data && data.rows.length === 0 && <Nothing data={data} scoped={scoped} filtered={filtered} />}
      {data && data.rows.length > 0 && (
        <>
          <ol className={`decisions ${loading ? "stale" : ""}`}>
            {data.rows.map((row) => (
              <Item key={row.id} row={row} find={chosen.text ?? ""} />
            ))}
          </ol>
          <Pages data={data} turn={(to) => go([], { ...chosen, offset: to || undefined })} />
        </>
      )}
    </main>
  );
}

function summary(data: Listing, narrowed: boolean): string {
  if (!narrowed) return `${count(data.recorded, "decision")} in the ledger`;
  return `${data.matched.toLocaleString()} of ${count(data.recorded, "decision")}`;
}

function Filters(props: {
  chosen: Record<string, string>;
  change: (name: string, value: string) => void;
  rows: Row[];
  scoped: boolean;
}): ReactNode {
  const { chosen, change, rows, scoped } = props;
  const known = (pick: (row: Row) => string[]) => [...new Set(rows.flatMap(pick))].filter(Boolean).sort();
  return (
    <form className="filters" role="search" aria-label="Filter decisions" onSubmit={(event) => event.preventDefault()}>
      <div className="segments" role="group" aria-label="Verdict">
        {VERDICTS.map(([value, word]) => (
          <button
            key={value}
            type="button"
            className={value}
            aria-pressed={chosen.verdict === value}
            onClick={() => change("verdict", value)}
          >
            {word}
          </button>
        ))}
      </div>
      <Field name="text" label="Text" hint="task, path or message" wide chosen={chosen} change={change} />
      {!scoped && (
        <Field name="dag" label="DAG" known={known((row) => [row.dag_id])} chosen={chosen} change={change} />
      )}
      <Field name="agent" label="Agent" known={known((row) => [row.agent])} chosen={chosen} change={change} />
      <Field
        name="rule"
        label="Rule"
        known={known((row) => row.top.map((finding) => finding.code))}
        chosen={chosen}
        change={change}
      />
    </form>
  );
}

function Field(props: {
  name: string;
  label: string;
  hint?: string;
  wide?: boolean;
  known?: string[];
  chosen: Record<string, string>;
  change: (name: string, value: string) => void;
}): ReactNode {
  const { name, label, hint, wide, known, chosen, change } = props;
  return (
    <label className={wide ? "field wide" : "field"}>
      <span>{label}</span>
      <input
        type="search"
        value={chosen[name] ?? ""}
        placeholder={hint ?? "any"}
        list={known ? `known-${name}` : undefined}
        onChange={(event) => change(name, event.target.value)}
      />
      {known && (
        <datalist id={`known-${name}`}>
          {known.map((value) => (
            <option key={value} value={value} />
          ))}
        </datalist>
      )}
    </label>
  );
}

function Item({ row, find }: { row: Row; find: string }): ReactNode {
  const top = row.top[0];
  const place = [row.dag_id, row.task_id].filter(Boolean).join(" / ") || row.branch || row.repository;
  return (
    <li>
      <a href={address(["decisions", row.id])} className={`decision ${row.verdict}`}>
        <VerdictMark verdict={row.verdict} />
        <span className="what">
          <strong>
            <Inert text={row.task || (row.artifacts === 1 ? "One artifact" : `${row.artifacts} artifacts`)} find={find} />
          </strong>
          {top ? (
            <span className="because">
              <code>{top.code}</code> <Inert text={top.message} find={find} />
              {row.findings > 1 && <em> and {row.findings - 1} more</em>}
            </span>
          ) : (
            <span className="because quiet">nothing stands in the way</span>
          )}
        </span>
        <span className="where">
          <span>
            <Inert text={place || "outside Airflow"} />
            {row.try_number > 1 && `, try ${row.try_number}`}
          </span>
          <span className="quiet">
            <Inert text={row.agent || "no trace"} />
          </span>
        </span>
        <time dateTime={row.recorded_at} className="quiet">
          {when(row.recorded_at)}
        </time>
      </a>
    </li>
  );
}

function Nothing({ data, scoped, filtered }: { data: Listing; scoped: boolean; filtered: boolean }): ReactNode {
  if (filtered)
    return (
      <Empty title="No decision matches these filters">
        <a href="#/">Show all {data.recorded.toLocaleString()}</a>
      </Empty>
    );
  if (scoped)
    return (
      <Empty title="No decision was recorded here">
        <p>
          Tasks that run an agent behind the gate appear here: <code>GovernedAgentOperator</code>, <code>GateOperator</code>{" "}
          and <code>@task.governed</code>. If there is one of them here, it has not come to its decision yet.
        </p>
      </Empty>
    );
  return (
    <Empty title="The ledger is empty">
      <p>Nothing has been decided yet, or not with this ledger. To see a first decision:</p>
      <pre className="text-box">{"make demo\ngovernance check --sql \"delete from orders\" --dialect postgres --record"}</pre>
      <p>
        In a DAG, give an agent task to <code>GovernedAgentOperator</code>. Which ledger is read:{" "}
        <code>GOVERNANCE_LEDGER</code>, or <code>ledger_url</code> in the <code>[governance]</code> section.
      </p>
    </Empty>
  );
}

function Pages({ data, turn }: { data: Listing; turn: (offset: number) => void }): ReactNode {
  if (data.matched <= data.limit) return null;
  const last = Math.min(data.offset + data.limit, data.matched);
  return (
    <nav className="pages" aria-label="Pages">
      <button type="button" disabled={data.offset === 0} onClick={() => turn(Math.max(0, data.offset - data.limit))}>
        Newer
      </button>
      <span className="quiet">
        {data.offset + 1}–{last} of {data.matched.toLocaleString()}
      </span>
      <button type="button" disabled={last >= data.matched} onClick={() => turn(data.offset + data.limit)}>
        Older
      </button>
    </nav>
  );
}
