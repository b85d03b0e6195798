// The signed-in person: settings, and the way out.

import { Avatar, Menu, Text, UnstyledButton } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { IconBook, IconLogout, IconSettings } from "@tabler/icons-react";
import { MenuLink } from "../components/links";

import { signOut, useSession } from "../api/session";
import { useAction } from "../components/actions";
import { useText } from "../i18n/text";
import { initialsOf } from "../lib/names";

export function AccountMenu() {
  const { t } = useText();
  const { account } = useSession();
  const navigate = useNavigate();
  const leave = useAction(() => signOut("here"), { then: () => void navigate({ to: "/sign-in" }) });
  return (
    <Menu position="bottom-end" width={240} shadow="md">
      <Menu.Target>
        <UnstyledButton aria-label={`${initialsOf(account.name)}: ${t("account_menu", { name: account.name })}`} p={4}>
          <Avatar size={32} radius="xl" color="lyceum" variant="filled" aria-hidden>
            {initialsOf(account.name)}
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} truncate c="var(--mantine-color-text)">
            {account.name}
          </Text>
          <Text size="xs" truncate c="dimmed">
            {account.email}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        <MenuLink to="/settings" leftSection={<IconSettings size={16} aria-hidden />}>
          {t("settings")}
        </MenuLink>
        <MenuLink to="/docs" leftSection={<IconBook size={16} aria-hidden />}>
          {t("api_reference")}
        </MenuLink>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => leave.mutate(undefined)}>
          {t("sign_out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
