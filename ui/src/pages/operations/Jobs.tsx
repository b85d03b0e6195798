// Background jobs: backups to download, imports with their refused lines.

import { Badge, Button, Group, Modal, Paper, Progress, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconDatabaseExport, IconDownload } from "@tabler/icons-react";
import { useState } from "react";

import { isActive, jobDownloadUrl, jobsQuery, startBackup } from "../../api/running";
import type { Job } from "../../api/types";
import { useAction } from "../../components/actions";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { Ago } from "../../components/Time";
import type { TextName } from "../../i18n/fill";
import { useText } from "../../i18n/text";
import { formatNumber } from "../../lib/format";
import { RefusedLines } from "./RefusedLines";
import { TONE } from "../../components/tones";

const KINDS: Record<string, TextName> = { backup: "job_backup", import: "job_import", check: "job_check" };
const STATES: Record<string, { name: TextName; color: string }> = {
  waiting: { name: "job_waiting", color: TONE.neutral },
  running: { name: "job_running", color: TONE.calm },
  done: { name: "job_done", color: TONE.good },
  failed: { name: "job_failed", color: TONE.bad },
};

export function Jobs({ lrs }: { lrs: string }) {
  const { t } = useText();
  const query = useQuery(jobsQuery(lrs));
  const backup = useAction(() => startBackup(lrs), { done: t("backup_started"), refresh: [["lrs", lrs, "jobs"]] });
  return (
    <Paper p="md" className="panel">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h5">
          {t("jobs_title")}
        </Title>
        <Button
          leftSection={<IconDatabaseExport size={18} aria-hidden />}
          loading={backup.isPending}
          onClick={() => backup.mutate(undefined)}
        >
          {t("backup_now")}
        </Button>
      </Group>
      {query.isPending && <LoadingRows rows={2} height={44} />}
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && query.data.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("jobs_none")}
        </Text>
      )}
      <Stack gap="md">
        {query.data?.items.map((job) => (
          <JobRow key={job.id} lrs={lrs} job={job} />
        ))}
      </Stack>
    </Paper>
  );
}

function JobRow({ lrs, job }: { lrs: string; job: Job }) {
  const { t, n, language } = useText();
  const [showsLines, setShowsLines] = useState(false);
  const state = STATES[job.state];
  const kind = KINDS[job.kind];
  const done = job.total === null ? formatNumber(language, job.done) : `${formatNumber(language, job.done)} / ${formatNumber(language, job.total)}`;
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Text size="sm" fw={500}>
            {kind === undefined ? job.kind : t(kind)}
          </Text>
          <Badge color={state?.color ?? TONE.neutral}>{state === undefined ? job.state : t(state.name)}</Badge>
          <Text size="xs" c="dimmed">
            {done} · <Ago time={job.created} />
          </Text>
        </Group>
        <Group gap="xs">
          {job.refused > 0 && (
            <Button size="xs" variant="default" onClick={() => setShowsLines(true)}>
              {n("refused_lines", job.refused)}
            </Button>
          )}
          {job.kind === "backup" && job.state === "done" && (
            <Button size="xs" variant="default" component="a" href={jobDownloadUrl(lrs, job.id)} download leftSection={<IconDownload size={16} aria-hidden />}>
              {t("download")}
            </Button>
          )}
        </Group>
      </Group>
      {job.detail !== null && job.detail !== "" && (
        <Text size="xs" c="dimmed" className="wrap">
          {job.detail}
        </Text>
      )}
      {isActive(job) && <Progress mt={6} value={job.total ? (job.done / job.total) * 100 : 100} animated aria-label={t("job_progress")} />}
      <Modal opened={showsLines} onClose={() => setShowsLines(false)} title={t("refused_lines_title")} size="lg" closeButtonProps={{ "aria-label": t("close") }}>
        {showsLines && <RefusedLines lrs={lrs} job={job.id} />}
      </Modal>
    </div>
  );
}
