// What someone types into a field whose value is kept elsewhere, such as in the page's address.

import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";

type Value = string | number | undefined;

/**
 * What the field shows, and what to call while someone types: it takes what is shown then and what it means. `send` is told the meaning
 * after a rest of `delay_ms`. A value that changed otherwise, as by the browser's back button, takes the place of what was typed.
 */
export function useTyped<V extends Value>(value: V, send: (value: V) => void, delay_ms: number): [string | number, (shown: string | number, meant: V) => void] {
  const [typed, setTyped] = useState<string | number>(value ?? "");
  const [known, setKnown] = useState(value);
  const [followed, setFollowed] = useState(value);
  if (followed !== value) {
    setFollowed(value);
    // What was sent from here comes back a moment later; by then more may be typed.
    if (known !== value) {
      setKnown(value);
      setTyped(value ?? "");
    }
  }
  const sendLater = useDebouncedCallback((meant: V) => {
    setKnown(meant);
    send(meant);
  }, delay_ms);
  const type = (shown: string | number, meant: V) => {
    setTyped(shown);
    sendLater(meant);
  };
  return [typed, type];
}
