// One activity: its merged definition, its figures, and what was last done with it.

import { SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { IconListSearch } from "@tabler/icons-react";
import { ButtonLink, OutsideLink, TextLink } from "../../components/links";

import { activityQuery } from "../../api/learning";
import type { ActivityDetail } from "../../api/types";
import { BackLink } from "../../components/BackLink";
import { CopyIcon } from "../../components/Copy";
import { Facts, type Fact } from "../../components/Facts";
import { Figure } from "../../components/Figure";
import { JsonView } from "../../components/JsonView";
import { PageHeader } from "../../components/PageHeader";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { AgoOrNever } from "../../components/Time";
import { useText } from "../../i18n/text";
import { formatNumber } from "../../lib/format";
import { ActivityLevel } from "./ActivityLevel";

const FROM = "/signed-in/lrs/$lrs/activity";

export function Activity() {
  const { t } = useText();
  const { lrs } = useParams({ from: FROM });
  const { id } = useSearch({ from: FROM });
  const query = useQuery(activityQuery(lrs, id));
  return (
    <>
      <BackLink to="/lrs/$lrs/activities" lrs={lrs} label={t("nav_activities")} />
      {query.isPending && <LoadingRows />}
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && <Loaded lrs={lrs} activity={query.data} />}
    </>
  );
}

function Loaded({ lrs, activity }: { lrs: string; activity: ActivityDetail }) {
  const { t, language } = useText();
  return (
    <>
      <PageHeader title={activity.name} text={activity.description ?? undefined}>
        <ButtonLink
          to="/lrs/$lrs/statements"
          params={{ lrs }}
          search={{ activity: activity.id }}
          leftSection={<IconListSearch size={18} aria-hidden />}
        >
          {t("show_statements")}
        </ButtonLink>
      </PageHeader>
      <SimpleGrid cols={{ base: 2, sm: 3 }} mb="lg">
        <Figure label={t("figure_statements")} value={formatNumber(language, activity.statements)} />
        <Figure label={t("nav_people")} value={formatNumber(language, activity.people)} />
        <Figure label={t("last_used")} value={<AgoOrNever time={activity.last_used} />} />
      </SimpleGrid>
      <Stack gap="lg">
        <ActivityFacts lrs={lrs} activity={activity} />
        <section>
          <Title order={2} size="h5" mb="xs">
            {t("activities_below")}
          </Title>
          <ActivityLevel lrs={lrs} asked={{ parent: activity.id }} depth={1} />
        </section>
        <section>
          <Title order={2} size="h5" mb="xs">
            {t("definition")}
          </Title>
          <Text size="sm" c="dimmed" mb="xs">
            {t("definition_text")}
          </Text>
          <JsonView text={JSON.stringify(activity.definition ?? {}, null, 2)} label={t("definition")} height="420px" />
        </section>
      </Stack>
    </>
  );
}

function ActivityFacts({ lrs, activity }: { lrs: string; activity: ActivityDetail }) {
  const { t } = useText();
  const facts: Fact[] = [
    [
      t("identifier"),
      <span key="id">
        {activity.id} <CopyIcon text={activity.id} label={t("copy")} />
      </span>,
    ],
  ];
  if (activity.type !== null) facts.push([t("type"), activity.type]);
  if (activity.more_info !== null) facts.push([t("more_info"), <OutsideLink key="more" address={activity.more_info} />]);
  if (activity.parents.length > 0) {
    const parents = activity.parents.map((parent) => (
      <div key={parent.id}>
        <TextLink to="/lrs/$lrs/activity" params={{ lrs }} search={{ id: parent.id }} size="sm">
          {parent.name}
        </TextLink>
      </div>
    ));
    facts.push([t("parents"), parents]);
  }
  return <Facts facts={facts} />;
}
