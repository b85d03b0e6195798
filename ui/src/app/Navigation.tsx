// The pages of the current LRS, then those of the whole server. What an account may not do is not offered to it.

import { Stack, Text } from "@mantine/core";
import {
  IconActivityHeartbeat,
  IconBinaryTree,
  IconDatabase,
  IconHistory,
  IconKey,
  IconListSearch,
  IconSparkles,
  IconTimelineEventX,
  IconUserShield,
  IconUsers,
  IconUsersGroup,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { NavigationLink } from "../components/links";

import { useMay, useSession } from "../api/session";
import { useText } from "../i18n/text";
import type { TextName } from "../i18n/fill";
import { useCurrentLrs } from "./current";
import styles from "./Navigation.module.css";

interface Place {
  to:
    | "/lrs/$lrs/welcome"
    | "/lrs/$lrs/statements"
    | "/lrs/$lrs/people"
    | "/lrs/$lrs/activities"
    | "/lrs/$lrs/keys"
    | "/lrs/$lrs/refusals"
    | "/lrs/$lrs/operations"
    | "/lrs/$lrs/groups";
  name: TextName;
  icon: typeof IconKey;
  permission: string;
}

const LEARNING: Place[] = [
  { to: "/lrs/$lrs/statements", name: "nav_statements", icon: IconListSearch, permission: "read_statements" },
  { to: "/lrs/$lrs/people", name: "nav_people", icon: IconUsers, permission: "read_people" },
  { to: "/lrs/$lrs/activities", name: "nav_activities", icon: IconBinaryTree, permission: "read_activities" },
];

const RUNNING: Place[] = [
  { to: "/lrs/$lrs/welcome", name: "nav_welcome", icon: IconSparkles, permission: "manage_keys" },
  { to: "/lrs/$lrs/keys", name: "nav_keys", icon: IconKey, permission: "manage_keys" },
  { to: "/lrs/$lrs/refusals", name: "nav_refusals", icon: IconTimelineEventX, permission: "read_refusals" },
  { to: "/lrs/$lrs/operations", name: "nav_operations", icon: IconActivityHeartbeat, permission: "read_operations" },
  { to: "/lrs/$lrs/groups", name: "nav_groups", icon: IconUsersGroup, permission: "manage_groups" },
];

const SERVER: { to: "/lrss" | "/accounts" | "/audit"; name: TextName; icon: typeof IconKey }[] = [
  { to: "/lrss", name: "nav_lrss", icon: IconDatabase },
  { to: "/accounts", name: "nav_accounts", icon: IconUserShield },
  { to: "/audit", name: "nav_audit", icon: IconHistory },
];

export function Navigation({ onNavigate }: { onNavigate: () => void }) {
  const { t } = useText();
  const { account } = useSession();
  const lrs = useCurrentLrs();
  const may = useMay(lrs ?? "");
  const administers = account.is_owner || account.roles.some(({ role }) => role === "owner" || role === "admin");
  return (
    <nav aria-label={t("navigation")} className={styles["places"]}>
      <Stack gap="lg">
        {lrs !== null && (
          <>
            <Places title={t("nav_section_learning")} places={LEARNING} lrs={lrs} may={may} onNavigate={onNavigate} />
            <Places title={t("nav_section_running")} places={RUNNING} lrs={lrs} may={may} onNavigate={onNavigate} />
          </>
        )}
        {administers && (
          <Section title={t("nav_section_server")}>
            {SERVER.map(({ to, name, icon: Icon }) => (
              <NavigationLink
                key={to}
                to={to}
                label={t(name)}
                leftSection={<Icon size={18} aria-hidden />}
                className={styles["link"] ?? ""}
                onClick={onNavigate}
              />
            ))}
          </Section>
        )}
      </Stack>
    </nav>
  );
}

interface PlacesProps {
  title: string;
  places: Place[];
  lrs: string;
  may: (permission: string) => boolean;
  onNavigate: () => void;
}

function Places({ title, places, lrs, may, onNavigate }: PlacesProps) {
  const { t } = useText();
  const open = places.filter((place) => may(place.permission));
  if (open.length === 0) return null;
  return (
    <Section title={title}>
      {open.map(({ to, name, icon: Icon }) => (
        <NavigationLink
          key={to}
          to={to}
          params={{ lrs }}
          label={t(name)}
          leftSection={<Icon size={18} aria-hidden />}
          className={styles["link"] ?? ""}
          onClick={onNavigate}
        />
      ))}
    </Section>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" fw={600} c="dimmed" px="sm" pb={4} tt="uppercase" className={styles["title"] ?? ""}>
        {title}
      </Text>
      {children}
    </div>
  );
}
