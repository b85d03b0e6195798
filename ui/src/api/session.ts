// Who is signed in, and what follows from it.

import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";

import { forgetAsked } from "../first/asked";
import { answer, api, ApiFailure, setCsrfToken } from "./client";
import { queryClient } from "./queries";
import type { Session } from "./types";

/** The session, or null for a visitor. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<Session | null> => {
    try {
      return remember(await answer(api.GET("/api/v1/session")));
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 401) return remember(null);
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

function remember(session: Session | null): Session | null {
  setCsrfToken(session?.csrf_token ?? null);
  return session;
}

function enter(session: Session): void {
  forgetAsked();
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, remember(session));
}

export async function signIn(email: string, password: string): Promise<void> {
  enter(await answer(api.POST("/api/v1/session", { body: { email, password } })));
}

export async function setUp(token: string, name: string, email: string, password: string): Promise<void> {
  enter(await answer(api.POST("/api/v1/setup", { body: { token, name, email, password } })));
}

export async function acceptInvitation(token: string, name: string, password: string): Promise<void> {
  enter(await answer(api.POST("/api/v1/invitations/accept", { body: { token, name, password } })));
}

export async function resetPassword(token: string, password: string): Promise<void> {
  enter(await answer(api.POST("/api/v1/account/password/reset", { body: { token, password } })));
}

/** Ends this session, or all sessions of the account. */
export async function signOut(where: "here" | "everywhere"): Promise<void> {
  await api.DELETE(where === "here" ? "/api/v1/session" : "/api/v1/sessions");
  forgetSession();
}

/** The server does not know this session any more. */
export function forgetSession(): void {
  remember(null);
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, null);
}

/** The session of a page behind the sign-in. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data === null) throw new ApiFailure(401, "unauthorized", "");
  return data;
}

/** Whether the signed-in account may do something in an LRS. The server decides; this only hides what it would refuse. */
export function useMay(lrs: string): (permission: string) => boolean {
  const session = useSession();
  const granted = session.permissions[lrs] ?? [];
  return (permission) => session.account.is_owner || granted.includes(permission);
}

export const signInOptionsQuery = queryOptions({
  queryKey: ["sign-in-options"],
  queryFn: () => answer(api.GET("/api/v1/sign-in-options")),
});

export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: () => answer(api.GET("/api/v1/setup")),
});
