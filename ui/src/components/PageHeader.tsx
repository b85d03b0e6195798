// The top of a page: its name, one sentence, and what can be done here. Also names the browser's tab.

import { Group, Stack, Text, Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";

interface Props {
  title: string;
  text?: ReactNode;
  children?: ReactNode;
}

export function PageHeader({ title, text, children }: Props) {
  useDocumentTitle(title);
  return (
    <Group justify="space-between" align="flex-start" mb="lg" gap="md">
      <Stack gap={4} flex="1 1 280px" miw={0}>
        <Title order={1} size="h2" className="wrap">
          {title}
        </Title>
        {text !== undefined && (
          <Text c="dimmed" size="sm" maw={680} component="div" className="wrap">
            {text}
          </Text>
        )}
      </Stack>
      {children !== undefined && <Group gap="xs">{children}</Group>}
    </Group>
  );
}

export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Lyceum`;
  }, [title]);
}
