import type { ReactNode } from "react";
import { useRead } from "./api";
import type { Decision, Step } from "./model";
import { Problem, Waiting } from "./pieces";
import { address } from "./route";
import { Block, count, Inert, when } from "./text";

export const KINDS: Record<string, string> = {
  prompt: "Prompt",
  message: "Message",
  reasoning: "Reasoning",
  choice: "Choice",
  tool_call: "Tool call",
  tool_result: "Tool result",
  compaction: "Compaction",
  handoff: "Handoff",
  error: "Error",
  unknown: "Unknown",
};

/** One step in full: what led to it, what it says, and the lines that it wrote. */
export function StepCard({ decision, seq, find, why }: { decision: Decision; seq: number; find?: string; why?: string }): ReactNode {
  const { data: step, failure } = useRead<Step>(`decisions/${decision.id}/trace/${seq}`);
  if (failure) return <Problem failure={failure} />;
  if (!step) return <Waiting />;
  return (
    <article className="step">
      <header>
        <h2>
          {KINDS[step.kind] ?? step.kind} <span className="quiet">step {step.seq}</span>
        </h2>
        {why && <a href={address(["decisions", decision.id, "trace"], { step: seq })}>Show in the trace</a>}
      </header>
      {why && <p className="why">{`${why[0]?.toUpperCase()}${why.slice(1)}.`}</p>}
      {step.before.length > 0 && !step.reasoning && (
        <section>
          <h3>Before it, the agent thought</h3>
          {step.before.map((thought) => (
            <blockquote key={thought.seq}>
              <a href={address(["decisions", decision.id, "trace"], { step: thought.seq })} className="number">
                #{thought.seq}
              </a>{" "}
              <Thought text={thought.text} withheld={thought.withheld} find={find} />
            </blockquote>
          ))}
        </section>
      )}
      <Body step={step} find={find} />
      {step.lines.length > 0 && (
        <section>
          <h3>Wrote</h3>
          <ul className="wrote">
            {step.lines.map((run, index) => (
              <li key={index}>
                <a href={address(["decisions", decision.id, "changes"], { path: run.path, line: run.first })}>
                  <Inert text={run.path} />:{run.first}
                  {run.last > run.first && `–${run.last}`}
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {step.cited.length > 0 && (
        <section>
          <h3>Findings about it</h3>
          <ul className="wrote">
            {step.cited.map((rank) => {
              const finding = decision.findings[rank];
              return finding ? (
                <li key={rank}>
                  <code>{finding.code}</code> <Inert text={finding.message} />
                </li>
              ) : null;
            })}
          </ul>
        </section>
      )}
      <p className="quiet">
        {[step.actor, step.model, step.thread && `thread ${step.thread}`, step.timestamp && when(step.timestamp)]
          .filter(Boolean)
          .join(" · ")}
      </p>
    </article>
  );
}

function Thought({ text, withheld, find }: { text: string; withheld: string; find?: string }): ReactNode {
  return (
    <>
      {withheld && <span className="withheld">{withheld}</span>} {text && <Inert text={text} find={find} />}
    </>
  );
}

function Body({ step, find }: { step: Step; find?: string }): ReactNode {
  const size = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value)).length;
  const args = Object.entries(step.call?.arguments ?? {}).sort(([, a], [, b]) => size(a) - size(b)); // the path before the content
  return (
    <>
      {step.withheld && <p className="withheld">{step.withheld}</p>}
      {step.reasoning && <Block text={step.reasoning} find={find} />}
      {step.text && <Block text={step.text} find={find} />}
      {step.choice && (
        <dl className="choice-list">
          <dt>Question</dt>
          <dd>
            <Inert text={step.choice.question} find={find} />
          </dd>
          <dt>Chosen</dt>
          <dd>
            <strong>
              <Inert text={step.choice.chosen} find={find} />
            </strong>
          </dd>
          {step.choice.options && (
            <>
              <dt>Among</dt>
              <dd>
                {step.choice.options.map((option, index) => (
                  <div key={index}>
                    <Inert text={option} find={find} />
                  </div>
                ))}
              </dd>
            </>
          )}
          {step.choice.because && (
            <>
              <dt>Because</dt>
              <dd>
                <Inert text={step.choice.because} find={find} />
              </dd>
            </>
          )}
        </dl>
      )}
      {step.call && (
        <section>
          <h3>
            <code>
              <Inert text={step.call.name} />
            </code>
          </h3>
          {args.map(([name, value]) => (
            <div key={name} className="argument">
              <span className="quiet">
                <Inert text={name} />
              </span>
              <Block text={typeof value === "string" ? value : JSON.stringify(value, null, 2)} find={find} />
            </div>
          ))}
        </section>
      )}
      {step.result && (
        <section>
          <h3>
            {step.result.status ?? "ok"}
            {step.result.exit_code !== undefined && `, exit status ${step.result.exit_code}`}
            {step.result.truncated && ", cut by the agent"}
          </h3>
          {step.result.content ? <Block text={step.result.content} find={find} /> : <p className="quiet">no output</p>}
        </section>
      )}
      {step.wrote > 0 && step.lines.length === 0 && <p>{count(step.wrote, "line")} written</p>}
    </>
  );
}
