// A search field that asks when someone stopped typing, and follows the page's address.

import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";

const TYPING_MS = 300;

interface Props {
  label: string;
  text: string;
  onSearch: (text: string | undefined) => void;
}

export function SearchBox({ label, text, onSearch }: Props) {
  const [typed, setTyped] = useState(text);
  const [followed, setFollowed] = useState(text);
  // The address changed otherwise, such as by the browser's back button.
  if (followed !== text) {
    setFollowed(text);
    if (typed.trim() !== text) setTyped(text);
  }
  const search = useDebouncedCallback((value: string) => onSearch(value === "" ? undefined : value), TYPING_MS);
  return (
    <TextInput
      flex={1}
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={18} aria-hidden />}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        search(event.currentTarget.value.trim());
      }}
    />
  );
}
