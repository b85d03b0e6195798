// Keys along a list of rows: arrows or j and k move, Home and End jump. Enter is the row's own button.

import { useEffect, useRef, type RefObject } from "react";

const STEPS: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

/** Rows are the elements with `data-row` inside the list. */
export function useRowKeys<List extends HTMLElement>(): RefObject<List | null> {
  const list = useRef<List>(null);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (list.current === null || isTyping(event)) return;
      const rows = [...list.current.querySelectorAll<HTMLElement>("[data-row]")];
      const target = targetRow(event.key, rows);
      if (target === undefined) return;
      event.preventDefault();
      target.focus();
      target.scrollIntoView({ block: "nearest" });
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
  return list;
}

function targetRow(key: string, rows: HTMLElement[]): HTMLElement | undefined {
  const current = rows.findIndex((row) => row === document.activeElement);
  const inList = current >= 0;
  if (key === "Home" && inList) return rows[0];
  if (key === "End" && inList) return rows.at(-1);
  const step = STEPS[key];
  // Arrow keys scroll the page until a row has the focus; j and k begin with the first row.
  if (step === undefined || (!inList && key.startsWith("Arrow"))) return undefined;
  return rows[inList ? Math.min(rows.length - 1, Math.max(0, current + step)) : 0];
}

/** Letters belong to whoever types them, and to an open dialog. */
function isTyping(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  if (document.querySelector('[role="dialog"], [role="menu"]') !== null) return true;
  const target = event.target;
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
