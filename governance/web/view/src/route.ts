import { useSyncExternalStore } from "react";

/** Where one is: the address behind `#`, which works in a frame as on a page of its own. */
export interface Route {
  parts: string[];
  query: URLSearchParams;
}

function parse(): string {
  return window.location.hash.replace(/^#\/?/, "");
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, parse);
  const [path = "", search = ""] = hash.split("?", 2);
  return { parts: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(search) };
}

export function address(parts: string[], query: Record<string, string | number | undefined> = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}

export function go(parts: string[], query: Record<string, string | number | undefined> = {}, replace = false): void {
  const target = address(parts, query);
  if (replace) {
    window.history.replaceState(null, "", target);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    window.location.hash = target;
  }
}

/** What a task's tab in Airflow asks for; an unmapped task leaves its placeholder unfilled. */
export function scope(): Record<string, string> {
  const query = new URLSearchParams(window.location.search);
  const names = { dag: "dag", run: "run", task: "task", map: "map_index" };
  const given = Object.entries(names).map(([name, as]) => [as, query.get(name) ?? ""]);
  return Object.fromEntries(given.filter(([, value]) => value && !value.startsWith("{")));
}
