import type { ReactNode } from "react";
import type { Decision, Proof } from "./model";
import { Block, Inert } from "./text";

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
        <h2>Checks that ran</h2>
        <table>
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
                <td>{hasContent(check.evidence) ? <Block text={JSON.stringify(check.evidence, null, 2)} /> : <span className="quiet">–</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <section>
        <h2>Proof</h2>
        <p>{decision.proof.summary}. The record is tamper-evident: what was altered shows, it is not prevented.</p>
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
        <h2>Digests</h2>
        <table>
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

function hasContent(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}
