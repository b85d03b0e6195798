// The cache of answers, with the rules for asking again.

import { infiniteQueryOptions, MutationCache, QueryCache, QueryClient, type QueryKey } from "@tanstack/react-query";

import { ApiFailure } from "./client";
import type { Page } from "./types";

/** Asks again once, and only where another try can help. */
function worthRetrying(failures: number, error: Error): boolean {
  const temporary = !(error instanceof ApiFailure) || error.status === 0 || error.status >= 502;
  return temporary && failures < 1;
}

let leave = () => {};

/** What happens when the server does not know the session any more: it ended elsewhere, or its time was over. */
export function whenSignedOut(act: () => void): void {
  leave = act;
}

function noticeSignedOut(error: Error): void {
  const signedOut = error instanceof ApiFailure && error.status === 401;
  // A visitor's wrong password is a 401 too.
  if (signedOut && queryClient.getQueryData(["session"])) leave();
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSignedOut }),
  mutationCache: new MutationCache({ onError: noticeSignedOut }),
  defaultOptions: {
    queries: { retry: worthRetrying, staleTime: 10_000, refetchOnWindowFocus: false },
  },
});

/** A list that is asked for page by page. */
export function pagesQuery<T>(queryKey: QueryKey, ask: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });
}
