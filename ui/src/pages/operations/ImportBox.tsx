// Import by dropping a file, with the progress of its way to the server; the job goes on below.

import { Button, FileButton, Group, Paper, Progress, Stack, Text, Title } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useState, type DragEvent } from "react";

import { startImport } from "../../api/running";
import { useAction } from "../../components/actions";
import { useText } from "../../i18n/text";
import { formatPercent } from "../../lib/format";
import styles from "./Operations.module.css";

const ACCEPTED = ".json,.ndjson,.jsonl,application/json,application/x-ndjson";

export function ImportBox({ lrs }: { lrs: string }) {
  const { t, language } = useText();
  const [share, setShare] = useState<number | null>(null);
  const [over, setOver] = useState(false);
  const send = useAction((file: File) => startImport(lrs, file, setShare), {
    done: t("import_started"),
    refresh: [["lrs", lrs, "jobs"]],
    then: () => setShare(null),
  });
  const take = (file: File | null | undefined) => {
    if (file === null || file === undefined || send.isPending) return;
    setShare(0);
    send.mutate(file);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  };
  return (
    <Paper
      component="section"
      aria-label={t("import_title")}
      className={styles["drop"] ?? ""}
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Group wrap="nowrap" align="center" gap="md">
        <IconUpload size={32} aria-hidden />
        <Stack gap={2} flex={1} miw={0}>
          <Title order={2} size="h5">
            {t("import_title")}
          </Title>
          <Text size="sm" c="dimmed">
            {t("import_text")}
          </Text>
        </Stack>
      </Group>
      <FileButton onChange={take} accept={ACCEPTED}>
        {(props) => (
          <Button {...props} variant="default" loading={send.isPending}>
            {t("import_choose")}
          </Button>
        )}
      </FileButton>
      {send.isPending && share !== null && (
        <div style={{ width: "100%" }} role="status">
          <Text size="xs" c="dimmed">
            {t("import_sending", { share: formatPercent(language, share * 100) })}
          </Text>
          <Progress value={share * 100} aria-label={t("import_title")} />
        </div>
      )}
    </Paper>
  );
}
