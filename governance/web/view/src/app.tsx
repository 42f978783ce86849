import type { ReactNode } from "react";
import { DecisionPage } from "./decision";
import { ListPage } from "./list";
import { Empty } from "./pieces";
import { useRoute } from "./route";

export function App(): ReactNode {
  const { parts, query } = useRoute();
  const [place, id, tab] = parts;
  if (place === undefined) return <ListPage query={query} />;
  if (place === "decisions" && id) return <DecisionPage key={id} id={id} tab={tab ?? "changes"} query={query} />;
  return (
    <main className="page">
      <Empty title="There is no such page">
        <a href="#/">All decisions</a>
      </Empty>
    </main>
  );
}
