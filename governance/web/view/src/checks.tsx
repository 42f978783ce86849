import type { ReactNode } from "react";
import type { Decision, Proof } from "./model";
import { count, Inert } from "./text";

const STATES: Record<string, string> = { holds: "holds", unknown: "not known here", broken: "broken" };

export function ProofTable({ proof }: { proof: Proof }): ReactNode {
  return (
    <table className="proof-table">
      <tbody>
        {proof.checks.map((check) => (
          <tr key={check.name}>
            <th scope="row">{check.name}</th>
            <td className={`proof-state ${check.state}`}>{STATES[check.state] ?? check.state}</td>
            <td>
              <Inert text={check.detail} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Checks({ decision }: { decision: Decision }): ReactNode {
  return (
    <div className="checks">
      <section>
        <h2>Proof</h2>
        <p className="sentence">{decision.proof.summary}. The record is tamper-evident: what was altered shows, it is not prevented.</p>
        <ProofTable proof={decision.proof} />
        <h2>Verify it yourself</h2>
        <p>
          {decision.may.includes("code") && (
            <>
              <a href={`api/decisions/${decision.id}/envelope`} download>
                Download the signed envelope
              </a>{" "}
              (in-toto statement in DSSE), or in the repository:
            </>
          )}
        </p>
        <pre className="text-box">{`governance show ${decision.id}\ngovernance verify --base main`}</pre>
      </section>
      <section>
        <h2>Checks that ran</h2>
        <table className="wide-last">
          <thead>
            <tr>
              <th scope="col">Check</th>
              <th scope="col">Tools</th>
              <th scope="col">What it saw</th>
            </tr>
          </thead>
          <tbody>
            {decision.checks.map((check) => (
              <tr key={check.name}>
                <th scope="row">{check.name}</th>
                <td>{Object.entries(check.tools).map(([name, version]) => `${name} ${version}`).join(", ") || "–"}</td>
                <td>
                  <Seen value={check.evidence} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <section>
        <h2>Digests</h2>
        <table className="wide-last">
          <thead>
            <tr>
              <th scope="col">Artifact</th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {decision.artifacts.map((one) => (
              <tr key={one.path}>
                <th scope="row">
                  <Inert text={one.path} />
                </th>
                <td>
                  <code className="digest">{one.sha256}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

const LONG = 12;

/** What a check noted down, of whatever shape: short things in a line, others as a list to be opened. */
function Seen({ value }: { value: unknown }): ReactNode {
  if (typeof value !== "object" || value === null) return <Inert text={word(value)} />;
  const pairs = Object.entries(value);
  if (pairs.length === 0) return <span className="quiet">–</span>;
  if (Array.isArray(value) && short(value)) return <Inert text={value.map(word).join(", ")} />;
  const list = (
    <dl className="seen">
      {pairs.map(([name, inner]) => (
        <div key={name} className={short(inner) ? "plain" : undefined}>
          {!Array.isArray(value) && (
            <dt>
              <Inert text={name} />
            </dt>
          )}
          <dd>
            <Seen value={inner} />
          </dd>
        </div>
      ))}
    </dl>
  );
  if (pairs.length <= LONG) return list;
  return (
    <details>
      <summary>{count(pairs.length, "entry", "entries")}</summary>
      {list}
    </details>
  );
}

function plain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/** Whether it fits in a line beside its name. */
function short(value: unknown): boolean {
  if (plain(value) || Object.keys(value as object).length === 0) return true;
  return Array.isArray(value) && value.every(plain) && value.length <= LONG;
}

function word(value: unknown): string {
  return value === true ? "yes" : value === false ? "no" : value === null ? "–" : String(value);
}
