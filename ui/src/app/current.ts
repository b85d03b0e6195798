// The LRS that the reader is looking at: from the address, else the one looked at last.

import { useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect } from "react";

import { lrssQuery } from "../api/lrs";
import { keep, readKept } from "../lib/storage";

const STORED_AS = "lyceum-lrs";

export function useCurrentLrs(): string | null {
  const { data: lrss } = useSuspenseQuery(lrssQuery);
  const { lrs: named } = useParams({ strict: false });
  useEffect(() => {
    if (named !== undefined) keep(STORED_AS, named);
  }, [named]);
  if (named !== undefined) return named;
  const last = readKept(STORED_AS);
  return lrss.find((lrs) => lrs.name === last)?.name ?? lrss[0]?.name ?? null;
}
