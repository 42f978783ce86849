import { Background, BaseEdge, Controls, type Edge, type EdgeProps, Handle, MarkerType, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import ELK, { type ElkNode, type ElkPoint } from "elkjs/lib/elk-api.js";
import ElkWorker from "elkjs/lib/elk-worker.min.js?worker";
import { Fragment, type ReactNode, useEffect, useRef, useState } from "react";
import { useRead } from "./api";
import type { Decision, Graph, GraphEdge, GraphNode } from "./model";
import { Problem, Waiting } from "./pieces";
import { addressOf } from "./place";
import { count, Inert } from "./text";

const WIDTH = 196;
const HEIGHT = 60;
const NARROW = 720;
const readable = (room: number) => (room < NARROW ? 0.42 : 0.6);
const CORNER = 8;
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
  recorded: "led to",
  executed: "happened during the run",
  allowed: "may happen: the gate allowed it",
  proposed: "only proposed: it never ran",
} as const;

type Card = Node<{ node: GraphNode; target?: string }, "card">;
type Route = Edge<{ points: ElkPoint[] }, "route">;
type Laid = { nodes: Card[]; edges: Route[]; height: number; room: number };

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
  const box = useRef<HTMLDivElement>(null);
  const [laid, setLaid] = useState<Laid | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const elk = new ELK({ workerFactory: () => new ElkWorker() });
    let current = true;
    layout(elk, graph, decision, box.current?.clientWidth ?? 1200).then(
      (done) => current && setLaid(done),
      (error: unknown) => current && setProblem(String(error)),
    );
    return () => {
      current = false;
      elk.terminateWorker();
    };
  }, [graph, decision]);
  if (problem) return <Problem failure={{ status: 0, message: "The graph cannot be laid out.", remedy: `${problem}; the list below says the same.` }} />;
  return (
    <div className="canvas" ref={box} style={{ height: laid?.height }}>
      {!laid && <Waiting />}
      {laid && (
        <ReactFlow
          nodes={laid.nodes}
          edges={laid.edges}
          nodeTypes={{ card: CardNode }}
          edgeTypes={{ route: RouteEdge }}
          fitView
          fitViewOptions={{ maxZoom: 1, minZoom: readable(laid.room), padding: { x: "24px", top: "20px", bottom: "52px" } }}
          minZoom={0.1}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          preventScrolling={false}
          zoomOnScroll={false}
          proOptions={{ hideAttribution: true }}
        >
          <Background gap={22} />
          <Controls showInteractive={false} orientation="horizontal" position="bottom-right" />
        </ReactFlow>
      )}
    </div>
  );
}

function addressIn(decision: Decision, { path, line, step }: GraphNode): string | undefined {
  return addressOf({ path: path ?? "", line: line ?? null, step: step ?? null }, decision);
}

async function layout(elk: InstanceType<typeof ELK>, graph: Graph, decision: Decision, room: number): Promise<Laid> {
  const placed = (await elk.layout({
    id: "root",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": room < NARROW ? "DOWN" : "RIGHT",
      "elk.edgeRouting": "ORTHOGONAL",
      "elk.layered.spacing.nodeNodeBetweenLayers": "34",
      "elk.layered.spacing.edgeNodeBetweenLayers": "14",
      "elk.layered.spacing.edgeEdgeBetweenLayers": "8",
      "elk.spacing.nodeNode": "14",
      "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
    },
    children: graph.nodes.map((node) => ({ id: node.id, width: WIDTH, height: HEIGHT })),
    edges: graph.edges.map((edge, index) => ({ id: String(index), sources: [edge.source], targets: [edge.target] })),
  })) as ElkNode;
  const at = new Map(placed.children?.map((child) => [child.id, { x: child.x ?? 0, y: child.y ?? 0 }]));
  const routes = new Map(placed.edges?.map((edge) => [edge.id, edge.sections?.[0]]));
  const zoom = Math.min(1, Math.max(readable(room), (room - 48) / (placed.width ?? 1)));
  return {
    room,
    height: (placed.height ?? 0) * zoom + 74,
    nodes: graph.nodes.map((node) => ({
      id: node.id,
      type: "card",
      position: at.get(node.id) ?? { x: 0, y: 0 },
      data: { node, target: addressIn(decision, node) },
    })),
    edges: graph.edges.map((edge, index) => {
      const route = routes.get(String(index));
      return {
        id: String(index),
        type: "route",
        source: edge.source,
        target: edge.target,
        className: edge.standing,
        data: { points: route ? [route.startPoint, ...(route.bendPoints ?? []), route.endPoint] : [] },
        markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14 },
      };
    }),
  };
}

/** The way that the layout found around the cards, with round corners. */
function RouteEdge({ data, markerEnd }: EdgeProps<Route>): ReactNode {
  const points = data?.points ?? [];
  const steps = points.map((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]];
    if (!before || !after) return `${index ? "L" : "M"}${point.x},${point.y}`;
    const [from, to] = [toward(point, before), toward(point, after)];
    return `L${from.x},${from.y} Q${point.x},${point.y} ${to.x},${to.y}`;
  });
  return <BaseEdge path={steps.join(" ")} markerEnd={markerEnd} />;
}

function toward(from: ElkPoint, to: ElkPoint): ElkPoint {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const share = Math.min(CORNER, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

function CardNode({ data: { node, target } }: NodeProps<Card>): ReactNode {
  const classes = ["card", `of-${node.kind}`, node.verdict && `is-${node.verdict}`].filter(Boolean).join(" ");
  const text = (
    <>
      <span className="card-kind">
        {KINDS[node.kind]} {node.step ? `#${node.step}` : node.kind === "decision" ? node.detail.slice(0, 8) : ""}
      </span>
      <span className="card-label">
        {node.label.split(/(?<=[._/])/).map((part, index) => (
          <Fragment key={index}>
            <Inert text={part} />
            <wbr />
          </Fragment>
        ))}
      </span>
    </>
  );
  return (
    <div className={classes} title={node.detail || node.label}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      {target ? <a href={target}>{text}</a> : text}
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

