// The cache of answers, with the rules for asking again.

import { QueryClient } from "@tanstack/react-query";

import { ApiFailure } from "./client";

/** Asks again once, and only where another try can help. */
function worthRetrying(failures: number, error: Error): boolean {
  const temporary = !(error instanceof ApiFailure) || error.status === 0 || error.status >= 502;
  return temporary && failures < 1;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: worthRetrying, staleTime: 10_000, refetchOnWindowFocus: false },
  },
});
