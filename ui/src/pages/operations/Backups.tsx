// Backups of the whole server: made by a job, kept on the server, downloaded as one file. For owners of the server.

import { Alert, Anchor, Button, Group, Paper, Progress, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconDatabaseExport, IconDownload, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import { ApiFailure } from "../../api/client";
import { backupUrl, backupsQuery, deleteBackup, isActive, startBackup } from "../../api/running";
import type { Backup } from "../../api/types";
import { ConfirmDialog, useAction } from "../../components/actions";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { Ago } from "../../components/Time";
import { saySaid } from "../../i18n/coded";
import { useText } from "../../i18n/text";
import { formatBytes } from "../../lib/format";

const DATABASE_BACKUP = "https://www.postgresql.org/docs/current/backup.html";

export function Backups() {
  const { t } = useText();
  const query = useQuery(backupsQuery);
  const byDatabase = query.error instanceof ApiFailure && query.error.status === 501;
  return (
    <Paper p="md" className="panel">
      <Title order={2} size="h5" mb="sm">
        {t("backups_title")}
      </Title>
      {query.isPending && <LoadingRows rows={2} height={44} />}
      {byDatabase && (
        <Text size="sm">
          {t("backups_by_database")}{" "}
          <Anchor href={DATABASE_BACKUP} target="_blank" rel="noreferrer" underline="always">
            {t("backups_database_docs")}
          </Anchor>
        </Text>
      )}
      {query.isError && !byDatabase && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && <Kept backups={query.data.items} kept={query.data.kept_max} />}
    </Paper>
  );
}

function Kept({ backups, kept }: { backups: Backup[]; kept: number }) {
  const { t } = useText();
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {t("backups_text", { count: kept })}
      </Text>
      <Making />
      {backups.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("backups_none")}
        </Text>
      )}
      <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: "none" }} aria-label={t("backups_title")}>
        {backups.map((backup) => (
          <BackupRow key={backup.name} backup={backup} />
        ))}
      </Stack>
    </Stack>
  );
}

/** The button, and how far the job is. */
function Making() {
  const reader = useText();
  const { t, language } = reader;
  const { data } = useQuery(backupsQuery);
  const start = useAction(startBackup, { refresh: [backupsQuery.queryKey] });
  const job = data?.job ?? null;
  const active = job !== null && isActive(job);
  return (
    <div>
      <Button
        variant="default"
        leftSection={<IconDatabaseExport size={18} aria-hidden />}
        loading={start.isPending}
        disabled={active}
        onClick={() => start.mutate(undefined)}
      >
        {t("backup_now")}
      </Button>
      {active && (
        <>
          <Text size="xs" c="dimmed" mt={6}>
            {t("job_way", { done: formatBytes(language, job.done), total: formatBytes(language, job.total) })}
          </Text>
          <Progress mt={6} value={job.total === 0 ? 0 : (job.done / job.total) * 100} animated aria-label={t("job_progress")} />
        </>
      )}
      {job?.problem && (
        <Alert mt="sm" variant="light" color="red" role="alert" title={t("backup_failed")}>
          <Text size="sm" c="var(--mantine-color-text)" className="wrap">
            {saySaid(job.problem, reader)}
          </Text>
        </Alert>
      )}
    </div>
  );
}

function BackupRow({ backup }: { backup: Backup }) {
  const { t, n, language } = useText();
  const [asks, setAsks] = useState(false);
  const remove = useAction(deleteBackup, {
    done: t("backup_deleted"),
    refresh: [backupsQuery.queryKey],
    then: () => setAsks(false),
  });
  return (
    <li>
      <Group justify="space-between" gap="xs">
        <Text size="sm">
          <Ago time={backup.created} /> · {formatBytes(language, backup.size_bytes)} · {n("statements", backup.statements)}
          {backup.verified && ` · ${t("backup_verified")}`}
        </Text>
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            component="a"
            href={backupUrl(backup.name)}
            download
            leftSection={<IconDownload size={16} aria-hidden />}
            aria-label={t("backup_download_name", { name: backup.name })}
          >
            {t("backup_download")}
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconTrash size={16} aria-hidden />}
            aria-label={t("backup_delete_name", { name: backup.name })}
            onClick={() => setAsks(true)}
          >
            {t("backup_delete")}
          </Button>
        </Group>
      </Group>
      <ConfirmDialog
        opened={asks}
        title={t("backup_delete_title")}
        text={t("backup_delete_text", { name: backup.name })}
        confirm={t("backup_delete")}
        busy={remove.isPending}
        onConfirm={() => remove.mutate(backup.name)}
        onClose={() => setAsks(false)}
      />
    </li>
  );
}
