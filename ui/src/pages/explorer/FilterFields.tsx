// Every filter of the explorer but the free text.

import { Checkbox, NumberInput, SimpleGrid, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";

import { activitySuggestionsQuery, peopleSuggestionsQuery } from "../../api/learning";
import type { StatementFilters } from "../../api/statements";
import { useText } from "../../i18n/text";
import { fromLocalInput, toLocalInput } from "../../lib/format";
import { nameFromIdentifier } from "../../lib/names";
import { SuggestField } from "./SuggestField";

interface Props {
  lrs: string;
  filters: StatementFilters;
  onChange: (next: Partial<StatementFilters>) => void;
}

const TYPING_MS = 400;

export function FilterFields({ lrs, filters, onChange }: Props) {
  const { t } = useText();
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm" pt="sm">
      <SuggestField
        label={t("filter_person")}
        placeholder={t("person_placeholder")}
        value={filters.person}
        onChange={(person) => onChange({ person })}
        query={(text) => peopleSuggestionsQuery(lrs, text)}
        toOption={(person) => ({
          value: person.person,
          label: person.name,
          detail: nameFromIdentifier(person.identifiers[0] ?? ""),
        })}
      />
      <SuggestField
        label={t("filter_activity")}
        placeholder={t("activity_placeholder")}
        value={filters.activity}
        onChange={(activity) => onChange({ activity })}
        query={(text) => activitySuggestionsQuery(lrs, text)}
        toOption={(activity) => ({ value: activity.id, label: activity.name, detail: activity.id })}
        freeText
      />
      <TypedField label={t("filter_verb")} placeholder="http://adlnet.gov/expapi/verbs/completed" value={filters.verb} onChange={(verb) => onChange({ verb })} />
      <TypedField
        label={t("filter_registration")}
        placeholder={t("registration_placeholder")}
        value={filters.registration}
        onChange={(registration) => onChange({ registration })}
      />
      <InstantField label={t("filter_since")} value={filters.since} onChange={(since) => onChange({ since })} />
      <InstantField label={t("filter_until")} value={filters.until} onChange={(until) => onChange({ until })} />
      <ScoreField label={t("filter_score_min")} value={filters.score_min} onChange={(score_min) => onChange({ score_min })} />
      <ScoreField label={t("filter_score_max")} value={filters.score_max} onChange={(score_max) => onChange({ score_max })} />
      <Checkbox
        label={t("filter_related")}
        checked={filters.related ?? false}
        onChange={(event) => onChange({ related: event.currentTarget.checked || undefined })}
      />
    </SimpleGrid>
  );
}

interface FieldProps<Value> {
  label: string;
  placeholder?: string;
  value: Value | undefined;
  onChange: (value: Value | undefined) => void;
}

function TypedField({ label, placeholder, value, onChange }: FieldProps<string>) {
  const [typed, setTyped] = useState(value ?? "");
  const [followed, setFollowed] = useState(value);
  if (followed !== value) {
    setFollowed(value);
    if (typed.trim() !== (value ?? "")) setTyped(value ?? "");
  }
  const send = useDebouncedCallback((text: string) => onChange(text === "" ? undefined : text), TYPING_MS);
  return (
    <TextInput
      label={label}
      placeholder={placeholder ?? ""}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        send(event.currentTarget.value.trim());
      }}
    />
  );
}

function InstantField({ label, value, onChange }: FieldProps<string>) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      value={toLocalInput(value)}
      onChange={(event) => onChange(fromLocalInput(event.currentTarget.value))}
    />
  );
}

function ScoreField({ label, value, onChange }: FieldProps<number>) {
  const send = useDebouncedCallback((score: number | undefined) => onChange(score), TYPING_MS);
  return (
    <NumberInput
      label={label}
      suffix=" %"
      min={-100}
      max={100}
      hideControls
      value={value ?? ""}
      onChange={(score) => send(typeof score === "number" ? score : undefined)}
    />
  );
}
