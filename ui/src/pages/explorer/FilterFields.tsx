// Every filter of the explorer but the free text.

import { Checkbox, NumberInput, SimpleGrid, TextInput } from "@mantine/core";

import { activitySuggestionsQuery, peopleSuggestionsQuery } from "../../api/learning";
import { verbSuggestionsQuery, type StatementFilters } from "../../api/statements";
import { useText } from "../../i18n/text";
import { fromLocalInput, toLocalInput } from "../../lib/format";
import { nameFromIdentifier } from "../../lib/names";
import { useTyped } from "../../lib/useTyped";
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
      <SuggestField
        label={t("filter_verb")}
        placeholder={t("verb_placeholder")}
        value={filters.verb}
        onChange={(verb) => onChange({ verb })}
        query={(text) => verbSuggestionsQuery(lrs, text)}
        toOption={(verb) => ({ value: verb.id, label: verb.display, detail: verb.id })}
        freeText
      />
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
  const [typed, type] = useTyped(value, onChange, TYPING_MS);
  return (
    <TextInput
      label={label}
      placeholder={placeholder ?? ""}
      value={typed}
      onChange={(event) => {
        const text = event.currentTarget.value;
        type(text, text.trim() === "" ? undefined : text.trim());
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
  const [typed, type] = useTyped(value, onChange, TYPING_MS);
  return (
    <NumberInput
      label={label}
      suffix=" %"
      min={-100}
      max={100}
      hideControls
      value={typed}
      onChange={(score) => type(score, typeof score === "number" ? score : undefined)}
    />
  );
}
