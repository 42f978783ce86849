import { type ReactNode, useEffect, useRef, useState } from "react";
import { type Failure, read, shown, useRead } from "./api";
import { Changes } from "./changes";
import { Checks, ProofTable } from "./checks";
import { Findings } from "./findings";
import { LineageGraph } from "./lineage";
import type { Decision, Finding, Proof } from "./model";
import { Empty, Problem, VerdictMark, Waiting } from "./pieces";
import { addressOf, nameOf } from "./place";
import { address } from "./route";
import { count, Inert, when } from "./text";
import { TracePane } from "./trace";

export function DecisionPage({ id, tab, query }: { id: string; tab: string; query: URLSearchParams }): ReactNode {
  const { data, failure } = useRead<Decision>(`decisions/${id}`);
  return (
    <main className="page">
      <nav aria-label="Breadcrumb" className="crumbs">
        <a href="#/">Decisions</a> <span aria-hidden="true">/</span> <code>{id}</code>
      </nav>
      {failure && <Problem failure={failure} />}
      {!data && !failure && <Waiting />}
      {data && <Loaded decision={data} tab={tab} query={query} />}
    </main>
  );
}

function Loaded({ decision, tab, query }: { decision: Decision; tab: string; query: URLSearchParams }): ReactNode {
  return (
    <>
      <Banner decision={decision} />
      {decision.problem && <Problem failure={{ status: 409, message: decision.problem, remedy: "" }} />}
      <Tabs decision={decision} tab={tab} />
      <section className="tab" aria-label={tab}>
        <Tab decision={decision} tab={tab} query={query} />
      </section>
    </>
  );
}

function Banner({ decision }: { decision: Decision }): ReactNode {
  const { verdict, words, reasons, findings } = decision;
  const more = findings.filter((finding) => finding.verdict !== "pass").length - reasons.length;
  return (
    <header className={`banner ${verdict}`}>
      <div className="banner-top">
        <VerdictMark verdict={verdict} />
        <ProofBadge decision={decision} />
      </div>
      <h1>{words}</h1>
      {decision.task && (
        <p className="task">
          <span className="quiet">Asked:</span> <Inert text={decision.task} />
        </p>
      )}
      {reasons.length > 0 && (
        <ul className="reasons" aria-label="Reasons">
          {reasons.map((finding) => (
            <li key={finding.rank}>
              <Reason finding={finding} decision={decision} />
            </li>
          ))}
          {more > 0 && (
            <li>
              <a href={address(["decisions", decision.id, "findings"])}>and {count(more, "more finding")}</a>
            </li>
          )}
        </ul>
      )}
      {verdict === "pass" && decision.checks.length > 0 && <LetThrough decision={decision} />}
      <Facts decision={decision} />
    </header>
  );
}

function Reason({ finding, decision }: { finding: Finding; decision: Decision }): ReactNode {
  return (
    <a href={addressOf(finding, decision) ?? address(["decisions", decision.id, "findings"])}>
      <code>{finding.code}</code> <Inert text={finding.message} /> <span className="quiet place"><Inert text={nameOf(finding)} /></span>
    </a>
  );
}

/** Why it was let through: what looked at it, and that nothing of what was found weighs enough. */
function LetThrough({ decision }: { decision: Decision }): ReactNode {
  const light = decision.findings.length;
  return (
    <p className="reasons">
      <a href={address(["decisions", decision.id, "checks"])}>
        <span className="quiet">Looked at by</span> {decision.checks.map((check) => check.name).join(", ")}
        {light > 0 && `; ${count(light, "finding")} did not hold it`}
      </a>
    </p>
  );
}

const COMMIT = /^[0-9a-f]{40}$/; // a detached checkout calls its commit a branch

function Facts({ decision }: { decision: Decision }): ReactNode {
  const { run, origin, approval } = decision;
  const facts: [string, ReactNode][] = [];
  if (decision.decided_at) facts.push(["Decided", <time dateTime={decision.decided_at}>{when(decision.decided_at)}</time>]);
  if (decision.agent) facts.push(["Agent", <Inert text={decision.agent} />]);
  if (decision.authorship === "by-hand") facts.push(["Author", "a person"]);
  if (run.dag_id) {
    const tries = run.try_number > 1 ? `, try ${run.try_number}` : "";
    const mapped = run.map_index >= 0 ? ` [${run.map_index}]` : "";
    facts.push(["Task", <Inert text={`${run.dag_id} / ${run.task_id}${mapped}${tries}`} />]);
    facts.push(["Run", <Inert text={run.run_id} />]);
  }
  if (origin.branch && !COMMIT.test(origin.branch)) facts.push(["Branch", <Inert text={origin.branch} />]);
  if (origin.head_commit) facts.push(["Commit", <code title={origin.head_commit}>{origin.head_commit.slice(0, 12)}</code>]);
  if (approval) facts.push(["Approved", <Inert text={`by ${approval.by ?? "?"}: ${approval.reason || "no reason given"}`} />]);
  if (decision.previous)
    facts.push(["Approves", <a href={address(["decisions", decision.previous])}>{decision.previous}</a>]);
  if (decision.policy) facts.push(["Policy", <code title={decision.policy}>{decision.policy.slice(0, 12)}</code>]);
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const PROOF = { holds: "Record verified", unknown: "Signer not known here", broken: "Record broken" } as const;

function ProofBadge({ decision }: { decision: Decision }): ReactNode {
  const [proof, setProof] = useState<Proof>(decision.proof);
  const [state, setState] = useState<"" | "busy" | Failure>("");
  const verify = () => {
    setState("busy");
    read<Proof>(`decisions/${decision.id}/proof`).then(
      (fresh) => {
        setProof(fresh);
        setState("");
      },
      (error: unknown) => setState(shown(error)),
    );
  };
  return (
    <details className={`proof ${proof.state}`}>
      <summary>
        <span className="proof-mark" aria-hidden="true" /> {PROOF[proof.state]}
      </summary>
      <div className="proof-body">
        <p className="sentence">{proof.summary}.</p>
        <ProofTable proof={proof} />
        <button type="button" onClick={verify} disabled={state === "busy"}>
          {state === "busy" ? "Verifying…" : "Verify again"}
        </button>
        {typeof state === "object" && <p role="alert">{state.message}</p>}
      </div>
    </details>
  );
}

function Tabs({ decision, tab }: { decision: Decision; tab: string }): ReactNode {
  const tabs: [string, string, number | null][] = [
    ["changes", "Changes", decision.artifacts.length],
    ["findings", "Findings", decision.findings.length],
    ["trace", "Trace", decision.trace?.steps ?? 0],
    ["lineage", "Lineage", null],
    ["checks", "Checks and proof", null],
  ];
  const current = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    current.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [tab]);
  return (
    <nav className="tabs" aria-label="Parts of the decision">
      {tabs.map(([name, word, number]) => (
        <a
          key={name}
          ref={tab === name ? current : undefined}
          href={address(["decisions", decision.id, name])}
          aria-current={tab === name ? "page" : undefined}
        >
          {word} {number !== null && <span className="number">{number.toLocaleString()}</span>}
        </a>
      ))}
    </nav>
  );
}

function Tab({ decision, tab, query }: { decision: Decision; tab: string; query: URLSearchParams }): ReactNode {
  const needs = tab === "changes" ? "code" : tab === "trace" || tab === "lineage" ? "trace" : "summary";
  if (!decision.may.includes(needs))
    return (
      <Empty title="You may see the decision, but not this part of it">
        <p>{needs === "trace" ? "Reasoning needs access to the DAG's task logs." : "Code needs access to the DAG's code."}</p>
      </Empty>
    );
  if (tab === "findings") return <Findings decision={decision} />;
  if (tab === "trace") return <TracePane decision={decision} query={query} />;
  if (tab === "lineage") return <LineageGraph decision={decision} />;
  if (tab === "checks") return <Checks decision={decision} />;
  return <Changes decision={decision} query={query} />;
}
