// Who is signed in, and what follows from it.

import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";

import { ApiFailure, call, setCsrfToken } from "./client";
import { queryClient } from "./queries";
import type { Session } from "./types";

/** The session, or null for a visitor. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<Session | null> => {
    try {
      return remember(await call<Session>("GET", "/session"));
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
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, remember(session));
}

export async function signIn(email: string, password: string): Promise<void> {
  enter(await call<Session>("POST", "/session", { json: { email, password } }));
}

export async function setUp(token: string, name: string, email: string, password: string): Promise<void> {
  enter(await call<Session>("POST", "/setup", { json: { token, name, email, password } }));
}

export async function acceptInvitation(token: string, name: string, password: string): Promise<void> {
  enter(await call<Session>("POST", "/invitations/accept", { json: { token, name, password } }));
}

export async function resetPassword(token: string, password: string): Promise<void> {
  enter(await call<Session>("POST", "/account/password/reset", { json: { token, password } }));
}

/** Ends this session, or all sessions of the account. */
export async function signOut(where: "here" | "everywhere"): Promise<void> {
  await call<undefined>("DELETE", where === "here" ? "/session" : "/sessions");
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

interface SignInOptions {
  password: boolean;
  openid: { id: string; label: string }[];
}

export const signInOptionsQuery = queryOptions({
  queryKey: ["sign-in-options"],
  queryFn: () => call<SignInOptions>("GET", "/sign-in-options"),
});

export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: () => call<{ needed: boolean }>("GET", "/setup"),
});
