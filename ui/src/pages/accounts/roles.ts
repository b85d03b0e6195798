// The roles by their names and what each is for.

import type { Role } from "../../api/types";
import type { TextName } from "../../i18n/fill";

export const ROLES: Record<Role, { name: TextName; text: TextName }> = {
  owner: { name: "role_owner", text: "role_owner_text" },
  admin: { name: "role_admin", text: "role_admin_text" },
  analyst: { name: "role_analyst", text: "role_analyst_text" },
  instructor: { name: "role_instructor", text: "role_instructor_text" },
  viewer: { name: "role_viewer", text: "role_viewer_text" },
};

export function isRole(text: string | null): text is Role {
  return text !== null && text in ROLES;
}
