import { useEffect, useState } from "react";

export interface Failure {
  status: number;
  message: string;
  remedy: string;
}

export type Loaded<T> = { data?: T; failure?: Failure; loading: boolean };

/** Reads one resource below `api/`. Throws a Failure that can be shown. */
export async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(`api/${path}`, { signal, headers: { Accept: "application/json" } });
  if (response.ok) return (await response.json()) as T;
  throw await failureOf(response);
}

async function failureOf(response: Response): Promise<Failure> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (response.status === 401)
    return { status: 401, message: "You are not logged in.", remedy: "Log in, then load this page again." };
  if (response.status === 403)
    return { status: 403, message: "You may not see this.", remedy: "Ask for access to the DAG it belongs to." };
  const message = typeof body.message === "string" ? body.message : `The server answered ${response.status}.`;
  return { status: response.status, message, remedy: typeof body.remedy === "string" ? body.remedy : "" };
}

/** A resource that follows its path; the last data stay while the next are on their way. */
export function useRead<T>(path: string | null): Loaded<T> {
  const [state, setState] = useState<Loaded<T> & { path: string | null }>({ loading: true, path: null });
  useEffect(() => {
    if (path === null) return;
    const aborter = new AbortController();
    setState((old) => ({ data: old.data, loading: true, path: old.path }));
    read<T>(path, aborter.signal).then(
      (data) => setState({ data, loading: false, path }),
      (error: unknown) => {
        if (!aborter.signal.aborted) setState({ failure: shown(error), loading: false, path });
      },
    );
    return () => aborter.abort();
  }, [path]);
  return state;
}

export function shown(error: unknown): Failure {
  if (typeof error === "object" && error !== null && "status" in error) return error as Failure;
  return { status: 0, message: "The server cannot be reached.", remedy: "Check that it runs, then load again." };
}

export function query(values: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
}
