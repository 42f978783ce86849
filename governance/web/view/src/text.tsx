import { Fragment, type ReactNode } from "react";

// Characters that cannot be seen or that change what is seen: controls, bidirectional marks, zero widths,
// variation selectors, fillers and tag characters.
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu;

/** Text from an agent: shown as it is, never as markup; hidden characters are made visible. */
export function Inert({ text, find = "" }: { text: string; find?: string }): ReactNode {
  const pieces: ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > at) pieces.push(<Found key={at} text={text.slice(at, match.index)} find={find} />);
    const code = match[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
    pieces.push(
      <span className="hidden-character" key={`h${match.index}`} title={`hidden character U+${code}`}>
        {code}
      </span>,
    );
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push(<Found key={at} text={text.slice(at)} find={find} />);
  return <>{pieces}</>;
}

function Found({ text, find }: { text: string; find: string }): ReactNode {
  const wanted = find.toLowerCase();
  if (!wanted) return text;
  const parts: ReactNode[] = [];
  let at = 0;
  for (let next = text.toLowerCase().indexOf(wanted); next >= 0; next = text.toLowerCase().indexOf(wanted, at)) {
    parts.push(text.slice(at, next), <mark key={next}>{text.slice(next, next + wanted.length)}</mark>);
    at = next + wanted.length;
  }
  return (
    <Fragment>
      {parts}
      {text.slice(at)}
    </Fragment>
  );
}

const LONGEST = 20_000;

/** A longer text in its own box; what does not fit a screen is there in full in the evidence. */
export function Block({ text, find }: { text: string; find?: string }): ReactNode {
  const cut = text.length > LONGEST;
  return (
    <pre className="text-box" tabIndex={0}>
      <Inert text={cut ? text.slice(0, LONGEST) : text} find={find} />
      {cut && <span className="quiet">{`\n… ${text.length - LONGEST} more characters in the evidence`}</span>}
    </pre>
  );
}

export function when(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export function count(number: number, word: string, plural = `${word}s`): string {
  return `${number.toLocaleString()} ${number === 1 ? word : plural}`;
}
