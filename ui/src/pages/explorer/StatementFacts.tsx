// Who, what, how well, when: with a button on each to see more of the same.

import { ActionIcon, Group, Text, Tooltip } from "@mantine/core";
import { IconFilterPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";

import type { StatementFilters } from "../../api/statements";
import type { StatementItem } from "../../api/types";
import { Facts, type Fact } from "../../components/Facts";
import { Instant } from "../../components/Time";
import { useText } from "../../i18n/text";
import { formatDuration, formatNumber, formatPercent } from "../../lib/format";
import type { NamedThing, StatementParts } from "./statement";

interface Props {
  statement: StatementParts;
  item: StatementItem;
  onFilter: (filters: StatementFilters) => void;
}

export function StatementFacts({ statement, item, onFilter }: Props) {
  const { t, language } = useText();
  const outcome = useOutcome();
  const named = (thing: NamedThing, filters?: StatementFilters): ReactNode => (
    <Named thing={thing} onFilter={filters && thing.id !== "" ? () => onFilter(filters) : undefined} />
  );
  const { actor, verb, object, registration } = statement;
  const facts: Fact[] = [
    [t("fact_actor"), named(actor, item.actor.key === null ? undefined : { agent: item.actor.key })],
    [t("fact_verb"), named(verb, { verb: verb.id })],
    [t("fact_object"), named(object, object.kind === "Activity" ? { activity: object.id } : undefined)],
  ];
  const result = outcome(item.result);
  if (result.length > 0) facts.push([t("fact_result"), result.join(" · ")]);
  if (registration !== null) facts.push([t("fact_registration"), named({ id: registration, name: registration }, { registration })]);
  if (statement.platform !== null) facts.push([t("fact_platform"), statement.platform]);
  if (statement.timestamp !== null) facts.push([t("fact_timestamp"), <Instant key="timestamp" time={statement.timestamp} />]);
  if (statement.stored !== null) facts.push([t("fact_stored"), <Instant key="stored" time={statement.stored} />]);
  if (statement.authority !== null) facts.push([t("fact_authority"), named(statement.authority)]);
  facts.push([t("fact_position"), formatNumber(language, item.seq)]);
  return <Facts facts={facts} />;
}

/** What a result says, in words. */
function useOutcome(): (result: StatementItem["result"]) => string[] {
  const { t, language } = useText();
  return (result) => {
    if (result === null) return [];
    const { score_percent: score, success, completion, duration_seconds: duration, response } = result;
    return [
      score === null ? null : t("outcome_score", { score: formatPercent(language, score) }),
      success === null ? null : t(success ? "outcome_passed" : "outcome_not_passed"),
      completion === null ? null : t(completion ? "outcome_completed" : "outcome_not_completed"),
      duration === null ? null : formatDuration(language, duration),
      response === null || response === "" ? null : t("answered", { response }),
    ].filter((part) => part !== null);
  };
}

function Named({ thing, onFilter }: { thing: NamedThing; onFilter: (() => void) | undefined }) {
  const { t } = useText();
  const label = t("filter_by", { name: thing.name });
  return (
    <Group gap="xs" wrap="nowrap" justify="space-between" align="flex-start">
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={500} className="wrap">
          {thing.name}
        </Text>
        {thing.id !== thing.name && (
          <Text size="xs" c="dimmed" className="wrap">
            {thing.id}
          </Text>
        )}
      </div>
      {onFilter && (
        <Tooltip label={label}>
          <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={onFilter}>
            <IconFilterPlus size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
    </Group>
  );
}
