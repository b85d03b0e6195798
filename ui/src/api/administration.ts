// Accounts, invitations, tokens and the audit log.

import { queryOptions } from "@tanstack/react-query";

import { addressOf, answer, api } from "./client";
import { pagesQuery } from "./queries";
import type { QueryOf, RoleGrant, Sendable } from "./types";

const PAGE_ACCOUNTS = 100;

export const accountsQuery = pagesQuery(["accounts"], (cursor, signal) =>
  answer(api.GET("/api/v1/accounts", { params: { query: { cursor, limit: PAGE_ACCOUNTS } }, signal })),
);

export const changeAccount = (id: string, body: Sendable<"AccountPatch">) =>
  answer(api.PATCH("/api/v1/accounts/{id}", { params: { path: { id } }, body }));

export const deleteAccount = (id: string) => answer(api.DELETE("/api/v1/accounts/{id}", { params: { path: { id } } }));

export const invitationsQuery = queryOptions({
  queryKey: ["invitations"],
  queryFn: () => answer(api.GET("/api/v1/invitations")),
});

export const invite = (email: string, roles: RoleGrant[]) => answer(api.POST("/api/v1/invitations", { body: { email, roles } }));

export const withdrawInvitation = (id: string) => answer(api.DELETE("/api/v1/invitations/{id}", { params: { path: { id } } }));

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: () => answer(api.GET("/api/v1/tokens")),
});

export const createToken = (name: string, expires: string | null) => answer(api.POST("/api/v1/tokens", { body: { name, expires } }));

export const deleteToken = (id: string) => answer(api.DELETE("/api/v1/tokens/{id}", { params: { path: { id } } }));

export const changePassword = (old: string, fresh: string) => answer(api.POST("/api/v1/account/password", { body: { old, new: fresh } }));

export type AuditFilters = Omit<QueryOf<"/api/v1/audit">, "cursor" | "limit">;

export const auditQuery = (filters: AuditFilters) =>
  pagesQuery(["audit", filters], (cursor, signal) => answer(api.GET("/api/v1/audit", { params: { query: { ...filters, cursor } }, signal })));

export const auditExportUrl = (filters: AuditFilters) => addressOf("/api/v1/audit/export", { query: filters });
