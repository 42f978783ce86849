import { Background, Controls, type Edge, Handle, MarkerType, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import ELK, { type ElkNode } from "elkjs/lib/elk-api.js";
import ElkWorker from "elkjs/lib/elk-worker.min.js?worker";
import { type ReactNode, useEffect, useState } from "react";
import { useRead } from "./api";
import type { Decision, Graph, GraphEdge, GraphNode } from "./model";
import { Problem, Waiting } from "./pieces";
import { go } from "./route";
import { count, Inert } from "./text";

const WIDTH = 188;
const HEIGHT = 60;
const KINDS: Record<string, string> = {
  prompt: "prompt",
  step: "step",
  choice: "choice",
  artifact: "artifact",
  lines: "lines",
  finding: "finding",
  decision: "decision",
  dataset: "data",
  column: "column",
};
const STANDING = {
  executed: "happened in the run",
  allowed: "may happen: the gate allowed it",
  proposed: "only proposed: it never ran",
  recorded: "how things led to another",
} as const;

type Card = Node<{ node: GraphNode }, "card">;
type Laid = { nodes: Card[]; edges: Edge[]; ratio: number };

export function LineageGraph({ decision }: { decision: Decision }): ReactNode {
  const { data, failure } = useRead<Graph>(`decisions/${decision.id}/lineage`);
  if (failure) return <Problem failure={failure} />;
  if (!data) return <Waiting />;
  return (
    <div className="lineage">
      <ul className="legend" aria-label="Edges">
        {Object.entries(STANDING).map(([name, words]) => (
          <li key={name}>
            <span className={`swatch ${name}`} aria-hidden="true" /> {words}
          </li>
        ))}
        {data.omitted > 0 && <li className="quiet">{count(data.omitted, "step")} of the trace not drawn</li>}
      </ul>
      <Drawn graph={data} decision={decision} />
      <details className="as-text">
        <summary>The same as a list: {count(data.edges.length, "tie")}</summary>
        <AsText graph={data} />
      </details>
    </div>
  );
}

function Drawn({ graph, decision }: { graph: Graph; decision: Decision }): ReactNode {
  const [laid, setLaid] = useState<Laid | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const elk = new ELK({ workerFactory: () => new ElkWorker() });
    let current = true;
    layout(elk, graph).then(
      (done) => current && setLaid(done),
      (error: unknown) => current && setProblem(String(error)),
    );
    return () => {
      current = false;
      elk.terminateWorker();
    };
  }, [graph]);
  if (problem) return <Problem failure={{ status: 0, message: "The graph cannot be laid out.", remedy: `${problem}; the list below says the same.` }} />;
  if (!laid) return <Waiting />;
  return (
    <div className="canvas" style={{ aspectRatio: 1 / Math.max(0.26, laid.ratio * 1.15) }}>
      <ReactFlow
        nodes={laid.nodes}
        edges={laid.edges}
        nodeTypes={{ card: CardNode }}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.08 }}
        minZoom={0.1}
        nodesDraggable={false}
        nodesConnectable={false}
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_, card) => open(card.data.node, decision.id)}
        ariaLabelConfig={{ "node.a11yDescription.default": "Press enter to select a node." }}
      >
        <Background gap={22} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

function open(node: GraphNode, id: string): void {
  if (node.path) go(["decisions", id, "changes"], { path: node.path, line: node.line });
  else if (node.step) go(["decisions", id, "trace"], { step: node.step });
}

async function layout(elk: InstanceType<typeof ELK>, graph: Graph): Promise<Laid> {
  const placed: ElkNode = await elk.layout({
    id: "root",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": "RIGHT",
      "elk.layered.spacing.nodeNodeBetweenLayers": "38",
      "elk.spacing.nodeNode": "12",
      "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
    },
    children: graph.nodes.map((node) => ({ id: node.id, width: WIDTH, height: HEIGHT })),
    edges: graph.edges.map((edge, index) => ({ id: String(index), sources: [edge.source], targets: [edge.target] })),
  });
  const at = new Map(placed.children?.map((child) => [child.id, { x: child.x ?? 0, y: child.y ?? 0 }]));
  return {
    ratio: (placed.height ?? 1) / (placed.width ?? 1),
    nodes: graph.nodes.map((node) => ({
      id: node.id,
      type: "card",
      position: at.get(node.id) ?? { x: 0, y: 0 },
      data: { node },
      ariaLabel: `${KINDS[node.kind]}: ${node.label}`,
    })),
    edges: graph.edges.map((edge, index) => ({
      id: String(index),
      source: edge.source,
      target: edge.target,
      className: edge.standing,
      markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14 },
    })),
  };
}

function CardNode({ data: { node } }: NodeProps<Card>): ReactNode {
  const classes = ["card", `of-${node.kind}`, node.verdict && `is-${node.verdict}`].filter(Boolean).join(" ");
  return (
    <div className={classes} title={node.detail || node.label}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <span className="card-kind">
        {KINDS[node.kind]} {node.step ? `#${node.step}` : node.kind === "decision" ? node.detail : ""}
      </span>
      <span className="card-label">
        <Inert text={node.label} />
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

function AsText({ graph }: { graph: Graph }): ReactNode {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const name = (id: string) => {
    const node = byId.get(id);
    return node ? <Inert text={`${KINDS[node.kind]} ${node.label}`} /> : id;
  };
  return (
    <ul>
      {graph.edges.map((edge: GraphEdge, index) => (
        <li key={index}>
          {name(edge.source)} → {name(edge.target)} <span className="quiet">{edge.kind}, {edge.standing}</span>
        </li>
      ))}
    </ul>
  );
}

