// Choosing a role in each LRS, and for instructors their groups.

import { Fieldset, MultiSelect, Select, Stack, Text } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";

import { groupsQuery, lrssQuery } from "../../api/lrs";
import { useMay, useSession } from "../../api/session";
import type { Role, RoleGrant } from "../../api/types";
import { useText } from "../../i18n/text";
import { isRole, ROLES } from "./roles";

interface Props {
  roles: RoleGrant[];
  onChange: (roles: RoleGrant[]) => void;
}

export function RoleFields({ roles, onChange }: Props) {
  const { t } = useText();
  const { data: all } = useSuspenseQuery(lrssQuery);
  const { account, permissions } = useSession();
  const lrss = all.filter(({ name }) => account.is_owner || permissions[name]?.includes("manage_people_of_lrs"));
  const grantOf = (lrs: string) => roles.find((grant) => grant.lrs === lrs);
  const set = (lrs: string, grant: RoleGrant | null) => {
    const others = roles.filter((other) => other.lrs !== lrs);
    onChange(grant === null ? others : [...others, grant]);
  };
  return (
    <Fieldset legend={t("roles")}>
      <Stack>
        {lrss.map(({ name }) => (
          <RoleField key={name} lrs={name} grant={grantOf(name)} onChange={(grant) => set(name, grant)} />
        ))}
      </Stack>
    </Fieldset>
  );
}

interface FieldProps {
  lrs: string;
  grant: RoleGrant | undefined;
  onChange: (grant: RoleGrant | null) => void;
}

function RoleField({ lrs, grant, onChange }: FieldProps) {
  const { t } = useText();
  const mayAll = useMay(lrs)("manage_lrs");
  // Only owners give away what may change the LRS itself.
  const options = (Object.keys(ROLES) as Role[]).map((role) => ({
    value: role,
    label: t(ROLES[role].name),
    disabled: !mayAll && (role === "owner" || role === "admin"),
  }));
  const isFixed = !mayAll && (grant?.role === "owner" || grant?.role === "admin");
  return (
    <div>
      <Select
        label={lrs}
        data={[{ value: "", label: t("role_none"), disabled: false }, ...options]}
        disabled={isFixed}
        value={grant?.role ?? ""}
        onChange={(role) => onChange(isRole(role) ? { lrs, role, groups: [] } : null)}
        allowDeselect={false}
      />
      {grant !== undefined && (
        <Text size="xs" c="dimmed" mt={4}>
          {t(ROLES[grant.role].text)}
        </Text>
      )}
      {grant?.role === "instructor" && <GroupField grant={grant} onChange={onChange} />}
    </div>
  );
}

function GroupField({ grant, onChange }: { grant: RoleGrant; onChange: (grant: RoleGrant) => void }) {
  const { t } = useText();
  const { data: groups = [] } = useQuery(groupsQuery(grant.lrs));
  return (
    <MultiSelect
      mt="xs"
      label={t("role_groups")}
      data={groups.map(({ id, name }) => ({ value: id, label: name }))}
      value={grant.groups ?? []}
      onChange={(chosen) => onChange({ ...grant, groups: chosen })}
      nothingFoundMessage={t("groups_none")}
      searchable
    />
  );
}
