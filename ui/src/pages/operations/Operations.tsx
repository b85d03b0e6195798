// How the server is: health, versions, size and growth, followers, jobs, backup, import.

import { Alert, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { IconAlertTriangle, IconHeartbeat } from "@tabler/icons-react";

import { operationsQuery } from "../../api/running";
import { useMay, useSession } from "../../api/session";
import type { Operations as Figures } from "../../api/types";
import { Figure } from "../../components/Figure";
import { PageHeader } from "../../components/PageHeader";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { Ago } from "../../components/Time";
import { useText } from "../../i18n/text";
import { formatBytes, formatNumber } from "../../lib/format";
import { Backups } from "./Backups";
import { Checks } from "./Checks";
import { saySeen, saySubject } from "./findings";
import { Followers } from "./Followers";
import { Growth } from "./Growth";
import { ImportBox } from "./ImportBox";
import { Jobs } from "./Jobs";

export function Operations() {
  const { t } = useText();
  const { lrs } = useParams({ from: "/signed-in/lrs/$lrs/operations" });
  const may = useMay(lrs);
  const { account } = useSession();
  const query = useQuery(operationsQuery(lrs));
  return (
    <>
      <PageHeader title={t("nav_operations")} text={t("operations_text")} />
      <Stack gap="lg">
        {query.isPending && <LoadingRows rows={3} height={90} />}
        {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
        {query.isSuccess && <Loaded figures={query.data} />}
        {may("run_jobs") && (
          <>
            <ImportBox lrs={lrs} />
            <Jobs lrs={lrs} />
          </>
        )}
        {account.is_owner && <Backups />}
      </Stack>
    </>
  );
}

function Loaded({ figures }: { figures: Figures }) {
  const reader = useText();
  const { t, n, language } = reader;
  const { store, health } = figures;
  const damage = figures.checks.find((check) => check.error);
  return (
    <>
      {health.ready ? (
        <Alert variant="light" color="green" icon={<IconHeartbeat aria-hidden />} title={t("health_good")}>
          <Text size="sm" c="var(--mantine-color-text)" component="div">
            Lyceum {figures.version} · {t("started")} <Ago time={figures.started} />
          </Text>
        </Alert>
      ) : (
        <Alert variant="light" color="red" icon={<IconAlertTriangle aria-hidden />} title={t("health_bad")} role="alert">
          <Text size="sm" c="var(--mantine-color-text)" className="wrap">
            {damage === undefined ? health.reason : `${saySubject(damage, reader)}: ${saySeen(damage, reader)}`}
          </Text>
        </Alert>
      )}
      <SimpleGrid cols={{ base: 2, md: 4 }}>
        <Figure label={t("figure_statements")} value={formatNumber(language, store.statements)} />
        <Figure
          label={t("figure_store")}
          value={formatBytes(language, store.size_bytes)}
          detail={store.statements > 0 && t("bytes_each", { bytes: formatNumber(language, Math.round(store.size_bytes / store.statements)) })}
        />
        <Figure label={t("figure_attachments")} value={formatBytes(language, store.attachment_bytes)} />
        <Figure label={t("documents")} value={formatNumber(language, store.documents)} detail={n("log_position", store.log_position)} />
      </SimpleGrid>
      <Growth growth={figures.growth} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Followers followers={figures.followers} />
        <Checks checks={figures.checks} />
      </SimpleGrid>
    </>
  );
}
