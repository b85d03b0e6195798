// One level of the tree; a level below is asked for when it is opened.

import { ActionIcon, Badge, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconBinaryTree, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { TextLink } from "../../components/links";

import { activitiesQuery } from "../../api/learning";
import type { ActivityItem } from "../../api/types";
import { MoreRows } from "../../components/MoreRows";
import { EmptyPanel, ErrorPanel, LoadingRows } from "../../components/States";
import { AgoOrNever } from "../../components/Time";
import { useText } from "../../i18n/text";
import { nameFromIri } from "../../lib/names";
import styles from "./Activities.module.css";

const ROWS_MAX = 300;
/** A tree deeper than this is a circle of parents. */
const DEPTH_MAX = 12;

interface Props {
  lrs: string;
  asked: { parent?: string; text?: string };
  depth: number;
}

export function ActivityLevel({ lrs, asked, depth }: Props) {
  const { t } = useText();
  const query = useInfiniteQuery(activitiesQuery(lrs, asked));
  if (query.isPending) return <LoadingRows rows={depth === 0 ? 6 : 1} height={44} />;
  if (query.isError) return <ErrorPanel error={query.error} retry={() => void query.refetch()} />;
  const activities = query.data.pages.flatMap((page) => page.items);
  if (activities.length === 0 && depth === 0) {
    return asked.text === undefined ? (
      <EmptyPanel icon={<IconBinaryTree size={28} />} title={t("activities_none")} text={t("activities_none_text")} />
    ) : (
      <EmptyPanel icon={<IconBinaryTree size={28} />} title={t("activities_not_found")} text={t("activities_not_found_text")} />
    );
  }
  if (activities.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("activities_below_none")}
      </Text>
    );
  }
  return (
    <>
      <ul className={depth === 0 ? styles["tree"] : styles["branch"]} aria-label={depth === 0 ? t("nav_activities") : undefined}>
        {activities.map((activity) => (
          <ActivityNode key={activity.id} lrs={lrs} activity={activity} depth={depth} />
        ))}
      </ul>
      {(depth === 0 || query.hasNextPage) && <MoreRows rows={activities.length} rowsMax={ROWS_MAX} advice={t("activities_narrow")} query={query} />}
    </>
  );
}

function ActivityNode({ lrs, activity, depth }: { lrs: string; activity: ActivityItem; depth: number }) {
  const { t, n } = useText();
  const [opened, setOpened] = useState(false);
  const name = activity.name;
  const mayOpen = activity.has_children && depth < DEPTH_MAX;
  return (
    <li>
      <div className={styles["node"]}>
        {mayOpen ? (
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-expanded={opened}
            aria-label={t("show_children", { name })}
            onClick={() => setOpened(!opened)}
            className={styles["toggle"] ?? ""}
            data-opened={opened}
          >
            <IconChevronRight size={18} aria-hidden />
          </ActionIcon>
        ) : (
          <span className={styles["leaf"]} aria-hidden />
        )}
        <div className={styles["name"]}>
          <TextLink to="/lrs/$lrs/activity" params={{ lrs }} search={{ id: activity.id }} size="sm" fw={500} className="wrap">
            {name}
          </TextLink>
          {activity.type !== null && (
            <Badge size="sm" variant="default" tt="none" className={styles["type"] ?? ""}>
              {nameFromIri(activity.type)}
            </Badge>
          )}
        </div>
        <Text size="xs" c="dimmed" className={styles["facts"] ?? ""} component="div">
          {/* What is recorded of its lessons is counted at these. */}
          {(activity.statements > 0 || !activity.has_children) && `${n("statements", activity.statements)} · `}
          <AgoOrNever time={activity.last_used} />
        </Text>
      </div>
      {opened && <ActivityLevel lrs={lrs} asked={{ parent: activity.id }} depth={depth + 1} />}
    </li>
  );
}
