// The read model as the API sends it. Every text in it is data that an agent may have written.

export type Verdict = "pass" | "review" | "block";
export type Severity = "info" | "low" | "medium" | "high" | "critical";

export interface TopFinding {
  code: string;
  name: string;
  severity: Severity;
  path: string;
  line: number | null;
  message: string;
}

export interface Row {
  id: string;
  verdict: Verdict;
  recorded_at: string;
  repository: string;
  branch: string;
  dag_id: string;
  task_id: string;
  run_id: string;
  map_index: number;
  try_number: number;
  agent: string;
  task: string;
  artifacts: number;
  findings: number;
  top: TopFinding[];
}

export interface Listing {
  rows: Row[];
  matched: number;
  recorded: number;
  offset: number;
  limit: number;
}

export interface Place {
  path: string;
  line: number | null;
  step: number | null;
}

export interface Finding extends Place {
  rank: number;
  code: string;
  name: string;
  severity: Severity;
  verdict: Verdict;
  message: string;
  remedy: string;
  allow: string;
  quote: string;
  fingerprint: string;
  column: number | null;
  related: Place[];
  waiver: { author: string; reason: string; expires: string } | null;
}

export interface ArtifactSummary {
  path: string;
  change: "added" | "modified" | "deleted";
  kind: string;
  sha256: string;
  findings: number;
  written: number;
  unexplained: number;
}

export interface Proof {
  state: "holds" | "unknown" | "broken";
  reason: string;
  summary: string;
  checks: { name: string; state: string; detail: string }[];
}

export interface TraceSummary {
  agent: string;
  model: string;
  format: string;
  steps: number;
  kinds: Record<string, number>;
  visibility: Record<string, number>;
  withheld: number;
  completeness: string;
  gaps: { offset: number; length: number; reason: string }[];
  redactions: Record<string, number>;
  tokens: { input: number; output: number; reasoning: number };
}

export interface Decision {
  id: string;
  verdict: Verdict;
  words: string;
  problem: string;
  recorded_at: string;
  decided_at: string;
  task: string;
  agent: string;
  authorship: string;
  policy: string;
  run: { dag_id: string; task_id: string; run_id: string; map_index: number; try_number: number };
  origin: { repository?: string; branch?: string; base_commit?: string; head_commit?: string };
  approval: { by?: string; at?: string; reason?: string; through?: string } | null;
  previous: string;
  proof: Proof;
  reasons: Finding[];
  findings: Finding[];
  artifacts: ArtifactSummary[];
  checks: { name: string; tools: Record<string, string>; evidence: unknown }[];
  trace: TraceSummary | null;
  may: string[];
}

export interface DiffRow {
  kind: "same" | "added" | "removed";
  old: number | null;
  new: number | null;
  text: string;
  step: number | null;
  from: "" | "step" | "base" | "unexplained";
}

export interface Artifact {
  path: string;
  kind: string;
  change: string;
  findings: Finding[];
  rows: DiffRow[];
  omitted: number;
  problem: string;
}

export interface Outline {
  seq: number;
  turn: number;
  kind: string;
  actor: string;
  title: string;
  thread: string;
  status: string;
  visibility: string;
  withheld: string;
  wrote: number;
  findings: number;
}

export interface TracePage {
  summary: TraceSummary | null;
  matched: number;
  offset: number;
  steps: Outline[];
  at: number | null;
}

export interface Step extends Outline {
  text: string;
  reasoning: string;
  call: { name: string; tool?: string; arguments?: Record<string, unknown> } | null;
  result: { status?: string; content?: string; exit_code?: number; truncated?: boolean } | null;
  choice: { question: string; chosen: string; options?: string[]; because?: string } | null;
  timestamp: string;
  model: string;
  before: { seq: number; kind: string; text: string; withheld: string }[];
  lines: { path: string; first: number; last: number }[];
  cited: number[];
}

export interface GraphNode {
  id: string;
  kind: string;
  label: string;
  detail: string;
  step?: number;
  path?: string;
  line?: number;
  verdict?: Verdict;
}

export interface GraphEdge {
  source: string;
  target: string;
  kind: string;
  standing: "recorded" | "executed" | "allowed" | "proposed";
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  omitted: number;
}
