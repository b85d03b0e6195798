// The frame of the pages before the sign-in: the mark, a card, and the choice of language and appearance.

import { Box, Center, Container, Group, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

import { DisplayMenu } from "../../app/DisplayMenu";
import { Mark } from "../../app/Logo";
import { useDocumentTitle } from "../../components/PageHeader";

export function EntryFrame({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  useDocumentTitle(title);
  return (
    <Box mih="100vh" pos="relative">
      <Group justify="flex-end" p="sm" component="header">
        <DisplayMenu />
      </Group>
      <Center component="main" id="content" px="sm" pb="xl" pt={{ base: 16, sm: "6vh" }}>
        <Container size={440} w="100%" p={0}>
          <Stack gap="lg">
            <Stack align="center" gap="xs">
              <Mark size={48} />
              <Title order={1} size="h2" ta="center">
                {title}
              </Title>
              {text !== undefined && (
                <Text c="dimmed" ta="center" size="sm">
                  {text}
                </Text>
              )}
            </Stack>
            <Paper p={{ base: "md", sm: "xl" }} className="panel">
              {children}
            </Paper>
          </Stack>
        </Container>
      </Center>
    </Box>
  );
}
