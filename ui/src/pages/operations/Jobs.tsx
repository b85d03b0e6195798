// Background jobs: imports with their progress and their refused lines.

import { Badge, Button, Group, Modal, Paper, Progress, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { isActive, jobsQuery } from "../../api/running";
import type { Job } from "../../api/types";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { Ago } from "../../components/Time";
import { saySaid } from "../../i18n/coded";
import type { TextName } from "../../i18n/fill";
import { useText } from "../../i18n/text";
import { formatBytes } from "../../lib/format";
import { RefusedLines } from "./RefusedLines";
import { TONE } from "../../components/tones";

const KINDS: Record<string, TextName> = { import: "job_import" };
const STATES: Record<string, { name: TextName; color: string }> = {
  running: { name: "job_running", color: TONE.calm },
  done: { name: "job_done", color: TONE.good },
  failed: { name: "job_failed", color: TONE.bad },
};

export function Jobs({ lrs }: { lrs: string }) {
  const { t } = useText();
  const query = useQuery(jobsQuery(lrs));
  return (
    <Paper p="md" className="panel">
      <Title order={2} size="h5">
        {t("jobs_title")}
      </Title>
      <Text size="xs" c="dimmed" mb="sm">
        {t("jobs_text")}
      </Text>
      {query.isPending && <LoadingRows rows={2} height={44} />}
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && query.data.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("jobs_none")}
        </Text>
      )}
      <Stack gap="md" component="ul" p={0} m={0} style={{ listStyle: "none" }} aria-label={t("jobs_title")}>
        {query.data?.items.map((job) => (
          <JobRow key={job.id} lrs={lrs} job={job} />
        ))}
      </Stack>
    </Paper>
  );
}

function JobRow({ lrs, job }: { lrs: string; job: Job }) {
  const reader = useText();
  const { t, n, language } = reader;
  const [showsLines, setShowsLines] = useState(false);
  const state = STATES[job.state];
  const kind = KINDS[job.kind];
  const active = isActive(job);
  const way = { done: formatBytes(language, job.done), total: formatBytes(language, job.total) };
  return (
    <li>
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Text size="sm" fw={500}>
            {kind === undefined ? job.kind : t(kind)}
          </Text>
          <Badge color={state?.color ?? TONE.neutral}>{state === undefined ? job.state : t(state.name)}</Badge>
          <Text size="sm" className="wrap">
            {job.name}
          </Text>
          <Text size="xs" c="dimmed">
            {n("job_accepted", job.accepted)} · {active ? t("job_way", way) : way.total} · <Ago time={job.created} />
          </Text>
        </Group>
        <Group gap="xs">
          {job.refused > 0 && (
            <Button size="xs" variant="default" onClick={() => setShowsLines(true)}>
              {n("refused_lines", job.refused)}
            </Button>
          )}
        </Group>
      </Group>
      {job.problem !== null && (
        <Text size="xs" c="dimmed" className="wrap">
          {saySaid(job.problem, reader)}
        </Text>
      )}
      {active && <Progress mt={6} value={(job.done / job.total) * 100} animated aria-label={t("job_progress")} />}
      <Modal opened={showsLines} onClose={() => setShowsLines(false)} title={t("refused_lines_title")} size="lg" closeButtonProps={{ "aria-label": t("close") }}>
        {showsLines && <RefusedLines lrs={lrs} job={job.id} />}
      </Modal>
    </li>
  );
}
