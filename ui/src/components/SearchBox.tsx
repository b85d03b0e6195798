// A search field that asks when someone stopped typing, and follows the page's address.

import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";

import { useTyped } from "../lib/useTyped";

const TYPING_MS = 300;

interface Props {
  label: string;
  text: string;
  onSearch: (text: string | undefined) => void;
}

export function SearchBox({ label, text, onSearch }: Props) {
  const [typed, type] = useTyped(meaningOf(text), onSearch, TYPING_MS);
  return (
    <TextInput
      flex={1}
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={18} aria-hidden />}
      value={typed}
      onChange={({ currentTarget: { value } }) => type(value, meaningOf(value))}
    />
  );
}

function meaningOf(text: string): string | undefined {
  return text.trim() === "" ? undefined : text.trim();
}
