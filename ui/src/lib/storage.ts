// What the browser keeps for this page. One that blocks cookies and site data throws at the very question; then it is kept until the
// page is left. The only place that touches the browser's storage.

const untilLeft = new Map<string, string>();

/** What was kept under a name. */
export function readKept(name: string): string | null {
  try {
    return window.localStorage.getItem(name);
  } catch {
    return untilLeft.get(name) ?? null;
  }
}

export function keep(name: string, text: string): void {
  try {
    window.localStorage.setItem(name, text);
  } catch {
    untilLeft.set(name, text);
  }
}
