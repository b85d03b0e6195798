// The mark and the name; a link to the start.

import { Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";

export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden focusable="false">
      <rect width="32" height="32" rx="8" fill="#0f7480" />
      <path d="M16 6 5.5 11.500V13h21v-1.500zM8 15h2.600v7H8zm6.700 0h2.600v7h-2.600zm6.700 0H24v7h-2.600zM6 23.500h20V26H6z" fill="#fff" />
    </svg>
  );
}

export function Logo() {
  return (
    <Link to="/" aria-label="Lyceum" className="plain">
      <Group gap={8} wrap="nowrap">
        <Mark />
        <Text fw={700} size="lg" visibleFrom="xs" c="var(--mantine-color-text)" component="span">
          Lyceum
        </Text>
      </Group>
    </Link>
  );
}
