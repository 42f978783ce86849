import type { Decision, Place } from "./model";
import { address } from "./route";

/** The page that shows a place; none for files that the decision is not about. */
export function addressOf(place: Place, decision: Decision): string | undefined {
  const { path, line, step } = place;
  if (path && decision.artifacts.some((one) => one.path === path))
    return address(["decisions", decision.id, "changes"], { path, line: line ?? undefined });
  if (!path && step !== null) return address(["decisions", decision.id, "trace"], { step });
  return undefined;
}

export function nameOf({ path, line, step }: Place): string {
  if (path) return line ? `${path}:${line}` : path;
  return step === null ? "" : `step ${step}`;
}
