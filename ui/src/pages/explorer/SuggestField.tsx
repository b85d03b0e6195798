// A field that proposes what the server finds while someone types.

import { Autocomplete, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery, type QueryKey, type UseQueryOptions } from "@tanstack/react-query";
import { useState } from "react";

import type { Page } from "../../api/types";

export interface Choice {
  value: string;
  label: string;
  detail: string;
}

interface Props<Row, Key extends QueryKey> {
  label: string;
  placeholder: string;
  value: string | undefined;
  onChange: (value: string | undefined, choice?: Choice) => void;
  query: (text: string) => UseQueryOptions<Page<Row>, Error, Page<Row>, Key>;
  toOption: (row: Row) => Choice;
  /** What was typed is a value too, when Enter is pressed. */
  freeText?: boolean;
}

const TYPING_MS = 200;

export function SuggestField<Row, Key extends QueryKey>(props: Props<Row, Key>) {
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(props.value);
  // Chosen elsewhere, or not at all any more: what was typed for the value before says nothing about this one.
  if (chosen !== props.value) {
    setChosen(props.value);
    setTyped("");
  }
  const [asked] = useDebouncedValue(typed, TYPING_MS);
  const { data } = useQuery({ ...props.query(asked), enabled: asked.trim() !== "", placeholderData: keepPreviousData });
  const options = (data?.items ?? []).map(props.toOption);
  const details = new Map(options.map((option) => [option.value, option]));
  return (
    <Autocomplete
      label={props.label}
      placeholder={props.freeText ? (props.value ?? props.placeholder) : props.placeholder}
      data={options.map(({ value }) => value)}
      filter={({ options: all }) => all}
      value={typed}
      onChange={(text) => setTyped(details.get(text)?.label ?? text)}
      onOptionSubmit={(value) => {
        props.onChange(value, details.get(value));
        setTyped("");
      }}
      onKeyDown={(event) => {
        const isOption = event.currentTarget.hasAttribute("aria-activedescendant");
        if (event.key !== "Enter" || isOption || props.freeText !== true || typed.trim() === "") return;
        props.onChange(typed.trim());
        setTyped("");
      }}
      clearable={props.value !== undefined}
      onClear={() => props.onChange(undefined)}
      renderOption={({ option }) => (
        <div>
          <Text size="sm" className="wrap">
            {details.get(option.value)?.label ?? option.value}
          </Text>
          <Text size="xs" c="dimmed" className="wrap">
            {details.get(option.value)?.detail}
          </Text>
        </div>
      )}
    />
  );
}
