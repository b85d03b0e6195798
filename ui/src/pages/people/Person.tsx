// One person: figures, timeline, activities, documents, identifiers.

import { Avatar, Group, SimpleGrid, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { personQuery } from "../../api/learning";
import { useMay } from "../../api/session";
import type { PersonPage } from "../../api/types";
import { BackLink } from "../../components/BackLink";
import { Figure } from "../../components/Figure";
import { PageHeader } from "../../components/PageHeader";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { AgoOrNever } from "../../components/Time";
import { useText } from "../../i18n/text";
import { formatDuration, formatNumber } from "../../lib/format";
import { initialsOf, nameFromIdentifier } from "../../lib/names";
import { Identifiers } from "./Identifiers";
import { PersonActivities } from "./PersonActivities";
import { PersonDocuments } from "./PersonDocuments";
import { Timeline } from "./Timeline";

export function Person() {
  const { t } = useText();
  const { lrs, person } = useParams({ from: "/signed-in/lrs/$lrs/people/$person" });
  const query = useQuery(personQuery(lrs, person));
  return (
    <>
      <BackLink to="/lrs/$lrs/people" lrs={lrs} label={t("nav_people")} />
      {query.isPending && <LoadingRows />}
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && <Loaded lrs={lrs} page={query.data} />}
    </>
  );
}

function Loaded({ lrs, page }: { lrs: string; page: PersonPage }) {
  const { t } = useText();
  const may = useMay(lrs);
  const name = page.name;
  return (
    <>
      <Group wrap="nowrap" align="flex-start">
        <Avatar size={52} radius="xl" color="lyceum" variant="filled" aria-hidden>
          {initialsOf(name)}
        </Avatar>
        <PageHeader title={name} text={page.identifiers.map(({ identifier }) => nameFromIdentifier(identifier)).join(" · ")} />
      </Group>
      <Figures page={page} />
      <Tabs defaultValue="timeline" keepMounted={false} mt="lg">
        <Tabs.List mb="md">
          <Tabs.Tab value="timeline">{t("timeline")}</Tabs.Tab>
          <Tabs.Tab value="activities">
            {t("nav_activities")} ({page.activities.length})
          </Tabs.Tab>
          <Tabs.Tab value="documents">
            {t("documents")} ({page.documents.length})
          </Tabs.Tab>
          <Tabs.Tab value="identifiers">
            {t("identifiers")} ({page.identifiers.length})
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="timeline">
          <Timeline lrs={lrs} person={page.person} />
        </Tabs.Panel>
        <Tabs.Panel value="activities">
          <PersonActivities lrs={lrs} activities={page.activities} />
        </Tabs.Panel>
        <Tabs.Panel value="documents">
          <PersonDocuments documents={page.documents} />
        </Tabs.Panel>
        <Tabs.Panel value="identifiers">
          <Identifiers lrs={lrs} page={page} mayMerge={may("merge_people")} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Figures({ page }: { page: PersonPage }) {
  const { t, language } = useText();
  const seconds = page.activities.reduce((sum, activity) => sum + (activity.seconds), 0);
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }}>
      <Figure label={t("figure_statements")} value={formatNumber(language, page.statements)} />
      <Figure label={t("nav_activities")} value={formatNumber(language, page.activities.length)} />
      <Figure label={t("figure_time")} value={seconds > 0 ? formatDuration(language, seconds) : "–"} />
      <Figure
        label={t("figure_last_seen")}
        value={
          <Text component="span" inherit>
            <AgoOrNever time={page.last_seen} />
          </Text>
        }
      />
    </SimpleGrid>
  );
}
