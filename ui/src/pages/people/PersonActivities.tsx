// What a person worked on: attempts, best score, state, time spent.

import { Badge, Progress, Table, Text } from "@mantine/core";
import { IconBinaryTree } from "@tabler/icons-react";
import { TextLink } from "../../components/links";

import type { PersonActivity } from "../../api/types";
import { DataTable } from "../../components/DataTable";
import { EmptyPanel } from "../../components/States";
import { AgoOrNever } from "../../components/Time";
import type { TextName } from "../../i18n/fill";
import { useText } from "../../i18n/text";
import { formatDuration, formatNumber, formatPercent } from "../../lib/format";
import { TONE } from "../../components/tones";

const STATES: Record<string, { name: TextName; color: string }> = {
  passed: { name: "state_passed", color: TONE.good },
  completed: { name: "state_completed", color: TONE.calm },
  failed: { name: "state_failed", color: TONE.bad },
  in_progress: { name: "state_in_progress", color: TONE.neutral },
};

export function PersonActivities({ lrs, activities }: { lrs: string; activities: PersonActivity[] }) {
  const { t } = useText();
  if (activities.length === 0) {
    return <EmptyPanel icon={<IconBinaryTree size={28} />} title={t("activities_none")} text={t("person_activities_none_text")} />;
  }
  return (
    <DataTable label={t("nav_activities")} columns={[t("activity"), t("state"), t("attempts"), t("best_score"), t("time_spent"), t("last_used")]}>
      {activities.map((activity) => (
        <ActivityRow key={activity.id} lrs={lrs} activity={activity} />
      ))}
    </DataTable>
  );
}

function ActivityRow({ lrs, activity }: { lrs: string; activity: PersonActivity }) {
  const { t, language } = useText();
  const state = STATES[activity.state];
  return (
    <Table.Tr>
      <Table.Td>
        <TextLink to="/lrs/$lrs/activity" params={{ lrs }} search={{ id: activity.id }} size="sm" fw={500} className="wrap">
          {activity.name}
        </TextLink>
      </Table.Td>
      <Table.Td>
        <Badge color={state?.color ?? TONE.neutral} variant="filled" miw="max-content">
          {state === undefined ? activity.state : t(state.name)}
        </Badge>
      </Table.Td>
      <Table.Td>{formatNumber(language, activity.attempts)}</Table.Td>
      <Table.Td>{activity.best_score_percent === null ? "–" : <Score percent={activity.best_score_percent} />}</Table.Td>
      <Table.Td>{activity.seconds === 0 ? "–" : formatDuration(language, activity.seconds)}</Table.Td>
      <Table.Td>
        <AgoOrNever time={activity.last_used} />
      </Table.Td>
    </Table.Tr>
  );
}

function Score({ percent }: { percent: number }) {
  const { language } = useText();
  return (
    <div style={{ minWidth: 72 }}>
      <Text size="sm">{formatPercent(language, percent)}</Text>
      <Progress value={Math.max(0, Math.min(100, percent))} size={4} aria-hidden />
    </div>
  );
}
