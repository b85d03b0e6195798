// New statements as the server stores them, by server-sent events.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useMemo, useState } from "react";

import { liveUrl, statementsQuery, type StatementFilters } from "../../api/statements";
import type { StatementItem } from "../../api/types";

/** More would fill the memory of a page that is left open; reloading shows them all. */
const STATEMENTS_MAX = 200;

interface Live {
  statements: StatementItem[];
  ids: Set<string>;
  state: "open" | "lost";
}

interface Arrived {
  address: string;
  statements: StatementItem[];
  state: "open" | "lost";
}

export function useLive(lrs: string, filters: StatementFilters, on: boolean): Live {
  const address = liveUrl(lrs, filters);
  const [arrived, setArrived] = useState<Arrived>({ address, statements: [], state: "open" });

  const cache = useQueryClient();
  const readListAgain = useEffectEvent(() => void cache.invalidateQueries({ queryKey: statementsQuery(lrs, filters).queryKey }));

  useEffect(() => {
    if (!on) return;
    const source = new EventSource(address);
    source.onopen = () => {
      setArrived((old) => ({ ...ofAddress(old, address), state: "open" }));
      // What was stored after the list was read and before the events began is in neither.
      readListAgain();
    };
    // The browser connects again by itself, and the server goes on behind the last event.
    source.onerror = () => setArrived((old) => ({ ...ofAddress(old, address), state: "lost" }));
    const take = (event: MessageEvent<string>) => {
      const statement = JSON.parse(event.data) as StatementItem;
      setArrived((old) => {
        const kept = ofAddress(old, address);
        return { ...kept, statements: [statement, ...kept.statements].slice(0, STATEMENTS_MAX) };
      });
    };
    source.addEventListener("message", take);
    source.addEventListener("statement", take);
    return () => source.close();
  }, [address, on]);

  return useMemo(() => {
    const { statements, state } = on ? ofAddress(arrived, address) : { statements: [], state: "open" as const };
    return { statements, ids: new Set(statements.map((statement) => statement.id)), state };
  }, [arrived, address, on]);
}

/** What arrived for other filters is not shown. */
function ofAddress(arrived: Arrived, address: string): Arrived {
  return arrived.address === address ? arrived : { address, statements: [], state: "open" };
}
