// The frame of every page behind the sign-in: header, navigation, content.

import { AppShell, Burger, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { Suspense, useEffect, useRef, type KeyboardEvent } from "react";

import { useText } from "../i18n/text";
import { AccountMenu } from "./AccountMenu";
import { PagePending } from "./boundaries";
import { Logo } from "./Logo";
import { LrsSwitch } from "./LrsSwitch";
import { Navigation } from "./Navigation";
import { DisplayMenu } from "./DisplayMenu";

export function AppLayout() {
  const { t } = useText();
  const [opened, { toggle, close }] = useDisclosure(false);
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const first = useRef(true);

  // A new page begins at its top, also for those who listen to it.
  useEffect(() => {
    if (first.current) first.current = false;
    else main.current?.focus({ preventScroll: true });
    close();
  }, [path, close]);

  const burger = useRef<HTMLButtonElement>(null);
  const closeByKey = (event: KeyboardEvent) => {
    // A menu or dialog that the key closes has taken it already.
    if (event.key !== "Escape" || event.defaultPrevented || !opened) return;
    close();
    burger.current?.focus();
  };

  return (
    <AppShell
      onKeyDown={closeByKey}
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding={{ base: "sm", sm: "lg" }}
    >
      <AppShell.Header>
        <Group h="100%" px={{ base: "xs", sm: "md" }} gap="xs" wrap="nowrap" justify="space-between">
          <Group gap="xs" wrap="nowrap" miw={0}>
            <Burger
              ref={burger}
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={opened ? t("close_navigation") : t("open_navigation")}
              aria-expanded={opened}
            />
            <Logo />
            <LrsSwitch />
          </Group>
          <Group gap={4} wrap="nowrap">
            <DisplayMenu />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" className="navigation" data-opened={opened}>
        <Navigation onNavigate={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" ref={main} tabIndex={-1} style={{ outline: "none" }}>
        <Suspense fallback={<PagePending />}>
          <Outlet />
        </Suspense>
      </AppShell.Main>
    </AppShell>
  );
}
