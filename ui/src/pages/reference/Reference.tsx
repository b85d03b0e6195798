// The API reference, made from the server's own description of itself.

import { Anchor, Box, Container, Group, NavLink, ScrollArea, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { DisplayMenu } from "../../app/DisplayMenu";
import { Logo } from "../../app/Logo";
import { PageHeader } from "../../components/PageHeader";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { useText } from "../../i18n/text";
import { CallCard } from "./CallCard";
import { chaptersOf, type Document } from "./openapi";
import styles from "./Reference.module.css";

async function fetchDescription(): Promise<Document> {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(String(response.status));
  return (await response.json()) as Document;
}

export function Reference() {
  const query = useQuery({ queryKey: ["openapi"], queryFn: fetchDescription, staleTime: Infinity });
  return (
    <>
      <Group component="header" justify="space-between" px="md" h={56} className={styles["header"] ?? ""}>
        <Logo />
        <DisplayMenu />
      </Group>
      <Container size="xl" py="lg" component="main" id="content">
        {query.isPending && <LoadingRows />}
        {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
        {query.isSuccess && <Chapters document={query.data} />}
      </Container>
    </>
  );
}

function Chapters({ document }: { document: Document }) {
  const { t } = useText();
  const chapters = chaptersOf(document);
  return (
    <>
      <PageHeader
        title={t("api_reference")}
        text={
          <>
            {t("reference_text")} <Anchor href="/openapi.json" underline="always">/openapi.json</Anchor>
          </>
        }
      />
      <div className={styles["columns"]}>
        <Box visibleFrom="md" component="nav" aria-label={t("reference_chapters")} className={styles["contents"] ?? ""}>
          <ScrollArea.Autosize mah="calc(100vh - 100px)">
            {chapters.map(([chapter]) => (
              <NavLink key={chapter} href={`#${anchorOf(chapter)}`} label={chapter} py={6} />
            ))}
          </ScrollArea.Autosize>
        </Box>
        <Stack gap="xl" miw={0}>
          {chapters.map(([chapter, calls]) => (
            <section key={chapter} id={anchorOf(chapter)} aria-label={chapter}>
              <Title order={2} size="h3" mb="sm">
                {chapter}
              </Title>
              <Stack gap="xs">
                {calls.map((call) => (
                  <CallCard key={call.id} document={document} call={call} />
                ))}
              </Stack>
            </section>
          ))}
          <Text size="xs" c="dimmed">
            {document.info.title} {document.info.version}
          </Text>
        </Stack>
      </div>
    </>
  );
}

function anchorOf(chapter: string): string {
  return `chapter-${chapter.toLowerCase().replaceAll(/[^\w]+/g, "-")}`;
}
