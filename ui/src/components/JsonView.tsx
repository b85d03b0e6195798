// JSON with colours and line numbers; findings stand below the line that they are about.

import { Fragment, memo, useMemo } from "react";

import { layOut, lineOfPointer, linesOf, readPieces, type Piece } from "../lib/json";
import styles from "./Json.module.css";

export interface Finding {
  pointer: string;
  text: string;
}

interface Props {
  text: string;
  /** What the region is called. */
  label: string;
  findings?: Finding[];
  height?: string;
}

/** Beyond this many lines a browser gets slow; the copy button still takes everything. */
const LINES_MAX = 3000;

/** Lines shown before and after a finding that stands further down. */
const LINES_AROUND = 30;

const CLASS_OF: Partial<Record<Piece["kind"], string | undefined>> = {
  key: styles["key"],
  string: styles["string"],
  number: styles["number-value"],
  word: styles["word"],
};

export function JsonView({ text, label, findings = [], height }: Props) {
  const lines = useMemo(() => linesOf(readPieces(layOut(text))), [text]);
  const found = useMemo(() => placeFindings(lines, findings), [lines, findings]);
  const shown = useMemo(() => linesToShow(lines.length, [...found.keys()]), [lines, found]);
  return (
    <div
      className={styles["box"]}
      role="region"
      aria-label={label}
      tabIndex={0}
      {...(height !== undefined && { style: { "--json-height": height } as React.CSSProperties })}
    >
      {shown.map((at, place) => (
        <Fragment key={at}>
          {at > 0 && shown[place - 1] !== at - 1 && <Gap />}
          <Line number={at + 1} pieces={lines[at] ?? []} findings={found.get(at)} />
        </Fragment>
      ))}
      {shown.at(-1) !== lines.length - 1 && <Gap />}
    </div>
  );
}

function Gap() {
  return (
    <div className={styles["line"]}>
      <span className={styles["number"]}>…</span>
    </div>
  );
}

/** The first lines, and further down those around a finding, as many as a browser bears. */
function linesToShow(count: number, findings: number[]): number[] {
  const first = Array.from({ length: Math.min(count, LINES_MAX) }, (_, at) => at);
  const wanted = new Set<number>();
  for (const finding of findings.sort((one, other) => one - other)) {
    if (wanted.size >= LINES_MAX) break;
    const end = Math.min(count, finding + LINES_AROUND + 1);
    for (let at = Math.max(LINES_MAX, finding - LINES_AROUND); at < end; at += 1) wanted.add(at);
  }
  return [...first, ...wanted];
}

function placeFindings(lines: Piece[][], findings: Finding[]): Map<number, string[]> {
  const placed = new Map<number, string[]>();
  for (const finding of findings) {
    const line = lineOfPointer(lines, finding.pointer);
    placed.set(line, [...(placed.get(line) ?? []), finding.text]);
  }
  return placed;
}

interface LineProps {
  number: number;
  pieces: Piece[];
  findings: string[] | undefined;
}

const Line = memo(function Line({ number, pieces, findings }: LineProps) {
  return (
    <>
      <div className={findings ? `${styles["line"]} ${styles["marked"]}` : styles["line"]}>
        <span className={styles["number"]} aria-hidden>
          {number}
        </span>
        <span className={styles["text"]}>
          {pieces.map((piece, at) => (
            <span key={at} className={CLASS_OF[piece.kind]}>
              {piece.text}
            </span>
          ))}
        </span>
      </div>
      {findings?.map((text) => (
        <div key={text} className={styles["finding"]} role="note">
          {text}
        </div>
      ))}
    </>
  );
});
