// Reads JSON text into coloured pieces, each with the JSON pointer of the value it belongs to.
//
// Never fails: what is not JSON comes back as plain pieces, because refused bodies are shown with it too.

export type PieceKind = "key" | "string" | "number" | "word" | "mark" | "space" | "plain";

export interface Piece {
  kind: PieceKind;
  text: string;
  /** Where this piece's value stands in the document. */
  pointer: string;
}

const TOKEN = /("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|([{}[\],:])|(\s+)|([^\s"{}[\],:]+|")/gy;

/** One open object or array. */
interface Level {
  pointer: string;
  isArray: boolean;
  index: number;
  key: string | null;
}

function escapePointer(text: string): string {
  return text.replaceAll("~", "~0").replaceAll("/", "~1");
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}

function pointerIn(level: Level | undefined): string {
  if (level === undefined) return "";
  if (level.isArray) return `${level.pointer}/${level.index}`;
  return level.key === null ? level.pointer : `${level.pointer}/${escapePointer(level.key)}`;
}

export function readPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  const levels: Level[] = [];
  for (const [piece, string, number, word, mark, space] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (space !== undefined) {
      pieces.push({ kind: "space", text: piece, pointer: level?.pointer ?? "" });
    } else if (mark !== undefined) {
      pieces.push(readMark(mark, levels));
    } else if (string !== undefined && level !== undefined && !level.isArray && level.key === null) {
      level.key = unquote(string);
      pieces.push({ kind: "key", text: piece, pointer: pointerIn(level) });
    } else {
      const kind = string !== undefined ? "string" : number !== undefined ? "number" : word !== undefined ? "word" : "plain";
      pieces.push({ kind, text: piece, pointer: pointerIn(level) });
    }
  }
  return pieces;
}

function readMark(mark: string, levels: Level[]): Piece {
  const level = levels.at(-1);
  if (mark === "{" || mark === "[") {
    const pointer = pointerIn(level);
    levels.push({ pointer, isArray: mark === "[", index: 0, key: null });
    return { kind: "mark", text: mark, pointer };
  }
  if (mark === "}" || mark === "]") {
    levels.pop();
    return { kind: "mark", text: mark, pointer: level?.pointer ?? "" };
  }
  const pointer = level?.pointer ?? "";
  if (mark === "," && level !== undefined) {
    level.index += 1;
    level.key = null;
  }
  return { kind: "mark", text: mark, pointer };
}

/** The same document with a line for each member. Numbers and strings keep their spelling; what is not JSON stays as it is. */
export function layOut(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let out = "";
  let depth = 0;
  const solid = readPieces(text).filter((piece) => piece.kind !== "space");
  solid.forEach((piece, at) => {
    const next = solid[at + 1]?.text;
    const opens = piece.kind === "mark" && (piece.text === "{" || piece.text === "[");
    const closesNext = next === "}" || next === "]";
    const isSolidMark = solid[at + 1]?.kind === "mark";
    if (opens) depth += 1;
    if (closesNext && isSolidMark) depth -= 1;
    out += piece.text;
    if (piece.kind === "mark" && piece.text === ":") out += " ";
    const empty = opens && closesNext && isSolidMark;
    const breaks = opens || (piece.kind === "mark" && piece.text === ",") || (closesNext && isSolidMark);
    if (breaks && !empty && next !== undefined) out += `\n${"  ".repeat(depth)}`;
  });
  return out;
}

/** The pieces of each line. */
export function linesOf(pieces: Piece[]): Piece[][] {
  const lines: Piece[][] = [[]];
  for (const piece of pieces) {
    piece.text.split("\n").forEach((part, at) => {
      if (at > 0) lines.push([]);
      if (part !== "") lines.at(-1)?.push({ ...piece, text: part });
    });
  }
  return lines;
}

/** The line at which the value of a pointer begins; for a value that is missing, the line of what should hold it. */
export function lineOfPointer(lines: Piece[][], pointer: string): number {
  let wanted = pointer;
  for (;;) {
    const line = lines.findIndex((pieces) => pieces.some((piece) => piece.kind !== "space" && piece.pointer === wanted));
    if (line >= 0) return line;
    if (wanted === "") return 0;
    wanted = wanted.slice(0, wanted.lastIndexOf("/"));
  }
}

/** A member's value as it is spelt in an object's text: numbers keep their digits. Nothing when it is not there. */
export function sourceOfMember(text: string, name: string): string | undefined {
  const pointer = `/${escapePointer(name)}`;
  const pieces = readPieces(text);
  const begin = pieces.findIndex((piece) => piece.kind === "key" && piece.pointer === pointer);
  if (begin < 0) return undefined;
  const value = pieces.slice(begin + 1).filter((piece) => piece.pointer === pointer || piece.pointer.startsWith(`${pointer}/`));
  return value.map((piece) => piece.text).join("").trim();
}
