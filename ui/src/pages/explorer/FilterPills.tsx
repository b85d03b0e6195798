// What is filtered by, each with a way to stop it.

import { Button, Group, Pill } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { personQuery } from "../../api/learning";
import type { StatementFilters } from "../../api/statements";
import type { TextName } from "../../i18n/fill";
import { useText } from "../../i18n/text";
import type { FilterName } from "../../lib/filters";
import { formatTime } from "../../lib/format";
import { nameFromIdentifier, nameFromIri } from "../../lib/names";

const LABELS: Record<FilterName, TextName> = {
  text: "filter_text",
  person: "filter_person",
  agent: "filter_agent",
  verb: "filter_verb",
  activity: "filter_activity",
  related: "filter_related",
  registration: "filter_registration",
  since: "filter_since",
  until: "filter_until",
  score_min: "filter_score_min",
  score_max: "filter_score_max",
};

interface Props {
  lrs: string;
  active: [FilterName, string][];
  onChange: (next: Partial<StatementFilters>) => void;
}

export function FilterPills({ lrs, active, onChange }: Props) {
  const { t, language } = useText();
  const shown = ([name, value]: [FilterName, string]) => {
    if (name === "since" || name === "until") return formatTime(language, value);
    if (name === "verb" || name === "activity") return nameFromIri(value);
    if (name === "person") return <PersonName lrs={lrs} person={value} />;
    if (name === "agent") return nameFromIdentifier(value);
    return name === "related" ? t("yes") : value;
  };
  const none = Object.fromEntries(active.map(([name]) => [name, undefined]));
  return (
    <Group gap={6} mt="sm" role="list" aria-label={t("filters_active")}>
      {active.map((filter) => (
        <Pill
          key={filter[0]}
          role="listitem"
          withRemoveButton
          onRemove={() => onChange({ [filter[0]]: undefined })}
          removeButtonProps={{ "aria-label": t("filter_remove", { name: t(LABELS[filter[0]]) }), "aria-hidden": false, tabIndex: 0 }}
          maw="100%"
          title={filter[1]}
        >
          {t(LABELS[filter[0]])}: {shown(filter)}
        </Pill>
      ))}
      {active.length > 1 && (
        <Button size="compact-xs" variant="subtle" onClick={() => onChange(none)}>
          {t("filters_clear")}
        </Button>
      )}
    </Group>
  );
}

function PersonName({ lrs, person }: { lrs: string; person: string }) {
  const { data } = useQuery(personQuery(lrs, person));
  return <>{data?.name ?? person}</>;
}
