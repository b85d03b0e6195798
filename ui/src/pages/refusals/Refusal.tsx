// One refused request: its body with each broken rule at its place, and the body to mend and send again.

import { Alert, Stack, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { IconEyeOff, IconPencil, IconZoomExclamation } from "@tabler/icons-react";
import { useMemo } from "react";

import { refusalQuery } from "../../api/running";
import { useMay } from "../../api/session";
import type { Refusal as RefusalPage, Violation } from "../../api/types";
import { BackLink } from "../../components/BackLink";
import { Facts, type Fact } from "../../components/Facts";
import { JsonView } from "../../components/JsonView";
import { PageHeader } from "../../components/PageHeader";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { Instant } from "../../components/Time";
import { sayViolation } from "../../i18n/coded";
import { useText } from "../../i18n/text";
import { formatBytes } from "../../lib/format";
import { useKeyName } from "./keyName";
import { sayRefusal } from "./reason";
import { Replay } from "./Replay";

export function Refusal() {
  const { t } = useText();
  const { lrs, refusal } = useParams({ from: "/signed-in/lrs/$lrs/refusals/$refusal" });
  const query = useQuery(refusalQuery(lrs, refusal));
  return (
    <>
      <BackLink to="/lrs/$lrs/refusals" lrs={lrs} label={t("nav_refusals")} />
      {query.isPending && <LoadingRows />}
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && <Loaded lrs={lrs} refusal={query.data} />}
    </>
  );
}

function Loaded({ lrs, refusal }: { lrs: string; refusal: RefusalPage }) {
  const reader = useText();
  const { t, n, language } = reader;
  const may = useMay(lrs);
  const keyName = useKeyName(lrs, refusal.key);
  const isArray = refusal.body?.trimStart().startsWith("[") ?? false;
  const findings = useMemo(
    () =>
      refusal.violations.map((violation) => ({ pointer: placeOf(violation, isArray), text: sayViolation(violation, reader) })),
    [refusal.violations, isArray, reader],
  );
  const facts: Fact[] = [
    ...(refusal.method === "" ? [] : [[t("refusal_request"), `${refusal.method} ${refusal.path}`] satisfies Fact]),
    [t("refusal_answer"), `${refusal.status} ${refusal.code}`],
    [t("key"), keyName],
    [t("refusal_when"), <Instant key="when" time={refusal.when} />],
    [t("size"), formatBytes(language, refusal.bytes)],
  ];
  if (refusal.replayed !== null) facts.push([t("refusal_replayed"), <Instant key="replayed" time={refusal.replayed} />]);
  const title = refusal.violations.length > 0 ? n("violations", refusal.violations.length) : t("refusal_title", { status: refusal.status });
  return (
    <Stack gap="lg">
      <div>
        <PageHeader title={title} text={sayRefusal(refusal, reader)} />
        <Facts facts={facts} />
      </div>
      {refusal.method === "" ? null : refusal.body === null ? (
        <Alert variant="light" color="lyceum" icon={<IconEyeOff aria-hidden />}>
          <Text size="sm" c="var(--mantine-color-text)">
            {t("refusal_no_body")}
          </Text>
        </Alert>
      ) : (
        <Tabs defaultValue="body" keepMounted={false}>
          <Tabs.List mb="md">
            <Tabs.Tab value="body" leftSection={<IconZoomExclamation size={16} aria-hidden />}>
              {t("refusal_body")}
            </Tabs.Tab>
            {may("replay_refusals") && (
              <Tabs.Tab value="replay" leftSection={<IconPencil size={16} aria-hidden />}>
                {t("replay_tab")}
              </Tabs.Tab>
            )}
          </Tabs.List>
          <Tabs.Panel value="body">
            <JsonView text={refusal.body} label={t("refusal_body")} findings={findings} height="70vh" />
          </Tabs.Panel>
          <Tabs.Panel value="replay">
            <Replay lrs={lrs} refusal={refusal} body={refusal.body} />
          </Tabs.Panel>
        </Tabs>
      )}
    </Stack>
  );
}

/** Violations name the statement by its place in the batch, and then a pointer inside it. */
function placeOf({ index, pointer }: Violation, isArray: boolean): string {
  return isArray && index !== null && index !== undefined ? `/${index}${pointer}` : pointer;
}
