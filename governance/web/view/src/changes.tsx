import type { ReactNode } from "react";
import { query as encode, useRead } from "./api";
import { Lines, Why } from "./diff";
import type { Artifact, ArtifactSummary, Decision, DiffRow } from "./model";
import { Empty, Problem, Waiting } from "./pieces";
import { go } from "./route";
import { count, Inert } from "./text";

const CHANGES = { added: "A", modified: "M", deleted: "D" } as const;

export function Changes({ decision, query }: { decision: Decision; query: URLSearchParams }): ReactNode {
  const path = query.get("path") ?? gravest(decision);
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

/** The artifact to look at first: that of the gravest finding, which stands in front. */
function gravest(decision: Decision): string | undefined {
  const paths = decision.artifacts.map((one) => one.path);
  return decision.findings.find((finding) => paths.includes(finding.path))?.path ?? paths[0];
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
              {one.findings > 0 && (
                <span className="number alert" title={count(one.findings, "finding")}>
                  {one.findings}
                </span>
              )}
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
      <span className="folder">
        <Inert text={path.slice(0, at)} />
      </span>
      <span className="name">
        <Inert text={path.slice(at)} />
      </span>
    </span>
  );
}

function Diff({ decision, path, query }: { decision: Decision; path: string; query: URLSearchParams }): ReactNode {
  const { data, failure } = useRead<Artifact>(`decisions/${decision.id}/artifact?${encode({ path })}`);
  if (failure) return <Problem failure={failure} />;
  if (!data) return <Waiting />;
  const asked = askedFor(data, query);
  const row = asked ?? telling(data);
  const summary = decision.artifacts.find((one) => one.path === path);
  return (
    <div className={`${row ? "with-why" : "diff-only"} ${asked ? "asked" : ""}`}>
      <section className="diff" aria-label={`Diff of ${path}`}>
        <DiffHead path={path} summary={summary} hasTrace={decision.trace !== null} />
        {data.problem ? (
          <Empty title="Its lines cannot be shown">
            <p>
              <Inert text={data.problem} />
            </p>
          </Empty>
        ) : (
          <Lines artifact={data} decision={decision} row={row} asked={asked !== null} />
        )}
      </section>
      {row && (
        <aside className="pane" aria-label="Why this line was written">
          <Why decision={decision} row={row} />
        </aside>
      )}
    </div>
  );
}

function askedFor({ rows }: Artifact, query: URLSearchParams): DiffRow | null {
  const [line, old] = [Number(query.get("line")), Number(query.get("old"))];
  return rows.find((row) => (line ? row.new === line : old ? row.kind === "removed" && row.old === old : false)) ?? null;
}

/** Whose reason is shown before a line is chosen: the line of the gravest finding, else the first that changed. */
function telling({ rows, path, findings }: Artifact): DiffRow | null {
  const flagged = findings.find((finding) => finding.path === path && finding.line);
  const at = flagged ? rows.findIndex((row) => row.new === flagged.line) : -1;
  const near = [rows[at], rows[at - 1], rows[at + 1]].find((row) => row && row.kind !== "same");
  return near ?? rows.find((row) => row.kind !== "same" && row.step) ?? rows.find((row) => row.kind !== "same") ?? null;
}

function DiffHead(props: { path: string; summary?: ArtifactSummary; hasTrace: boolean }): ReactNode {
  const { path, summary, hasTrace } = props;
  return (
    <header className="diff-head">
      <FileName path={path} />
      {summary && (
        <span className="quiet">
          {summary.change} {summary.kind}
          {hasTrace && summary.written > 0 && `, ${count(summary.written, "line")} traced to a step`}
          {summary.unexplained > 0 && <span className="warn">, {count(summary.unexplained, "line")} unexplained</span>}
        </span>
      )}
    </header>
  );
}
