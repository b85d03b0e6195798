// Which role someone has in which LRS.

import { Badge, Group } from "@mantine/core";

import type { RoleGrant } from "../../api/types";
import { useText } from "../../i18n/text";
import { ROLES } from "./roles";

export function RoleBadges({ roles }: { roles: RoleGrant[] }) {
  const { t } = useText();
  if (roles.length === 0) return null;
  return (
    <Group gap={6} mt={6}>
      {roles.map(({ lrs, role }) => (
        <Badge key={lrs} variant="default" tt="none" fw={500}>
          {lrs}: {t(ROLES[role].name)}
        </Badge>
      ))}
    </Group>
  );
}
