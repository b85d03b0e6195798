// Which LRS is shown, and the way to the others.

import { Button, Menu, Text } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { IconCheck, IconDatabase, IconSelector } from "@tabler/icons-react";
import { MenuLink } from "../components/links";

import { lrssQuery } from "../api/lrs";
import { useText } from "../i18n/text";
import { useCurrentLrs } from "./current";

export function LrsSwitch() {
  const { t, n } = useText();
  const current = useCurrentLrs();
  const { data: lrss } = useSuspenseQuery(lrssQuery);
  if (current === null) return null;
  return (
    <Menu position="bottom-start" width={260} shadow="md">
      <Menu.Target>
        <Button
          variant="default"
          size="xs"
          maw={{ base: 150, sm: 240 }}
          aria-label={t("switch_lrs", { lrs: current })}
          leftSection={<IconDatabase size={16} aria-hidden />}
          rightSection={<IconSelector size={16} aria-hidden />}
        >
          <Text truncate size="sm" component="span">
            {current}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={400} style={{ overflowY: "auto" }}>
        {lrss.map((lrs) => (
          <MenuLink
            key={lrs.name}
            to="/lrs/$lrs/statements"
            params={{ lrs: lrs.name }}
            search={{}}
            rightSection={lrs.name === current ? <IconCheck size={16} aria-hidden /> : null}
          >
            <Text size="sm" fw={500} truncate>
              {lrs.name}
            </Text>
            <Text size="xs" c="dimmed">
              {n("statements", lrs.statements)}
            </Text>
          </MenuLink>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
