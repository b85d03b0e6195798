// Accounts, invitations, tokens and the audit log.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { apiUrl, call } from "./client";
import type { Account, AuditEntry, Invitation, Page, RoleGrant, Token } from "./types";

export const accountsQuery = queryOptions({
  queryKey: ["accounts"],
  queryFn: () => call<Page<Account>>("GET", "/accounts", { query: { limit: 500 } }),
});

export function changeAccount(
  id: string,
  change: { name?: string; disabled?: boolean; roles?: RoleGrant[] },
): Promise<Account> {
  return call("PATCH", `/accounts/${encodeURIComponent(id)}`, { json: change });
}

export function deleteAccount(id: string): Promise<undefined> {
  return call("DELETE", `/accounts/${encodeURIComponent(id)}`);
}

export const invitationsQuery = queryOptions({
  queryKey: ["invitations"],
  queryFn: () => call<Page<Invitation>>("GET", "/invitations", { query: { limit: 500 } }),
});

export function invite(email: string, roles: RoleGrant[]): Promise<{ id: string; link: string }> {
  return call("POST", "/invitations", { json: { email, roles } });
}

export function withdrawInvitation(id: string): Promise<undefined> {
  return call("DELETE", `/invitations/${encodeURIComponent(id)}`);
}

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: () => call<Page<Token>>("GET", "/tokens", { query: { limit: 500 } }),
});

export function createToken(name: string, expires: string | null): Promise<Token & { secret: string }> {
  return call("POST", "/tokens", { json: { name, expires } });
}

export function deleteToken(id: string): Promise<undefined> {
  return call("DELETE", `/tokens/${encodeURIComponent(id)}`);
}

export function changePassword(old: string, fresh: string): Promise<undefined> {
  return call("POST", "/account/password", { json: { old, new: fresh } });
}

export interface AuditFilters {
  account?: string;
  action?: string;
  lrs?: string;
  since?: string;
  until?: string;
  text?: string;
}

export const auditQuery = (filters: AuditFilters) =>
  infiniteQueryOptions({
    queryKey: ["audit", filters],
    queryFn: ({ pageParam, signal }) =>
      call<Page<AuditEntry>>("GET", "/audit", { query: { ...filters, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export function auditExportUrl(filters: AuditFilters): string {
  return apiUrl("/audit/export", { ...filters });
}
