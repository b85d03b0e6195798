// What is said about a key: its name, what it may, how fast, until when.

import { Button, Checkbox, Group, NumberInput, Stack, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import type { KeyDraft } from "../../api/types";
import type { TextName } from "../../i18n/fill";
import { useText } from "../../i18n/text";
import { fromLocalInput, toLocalInput } from "../../lib/format";

/** What a key may do, by xAPI's names, and what each means. */
const SCOPES: [string, TextName][] = [
  ["statements/write", "scope_statements_write"],
  ["statements/read", "scope_statements_read"],
  ["statements/read/mine", "scope_statements_read_mine"],
  ["state", "scope_state"],
  ["profile", "scope_profile"],
  ["define", "scope_define"],
  ["all/read", "scope_all_read"],
  ["all", "scope_all"],
];

interface Props {
  draft: KeyDraft;
  button: string;
  busy: boolean;
  onSave: (draft: KeyDraft) => void;
  onCancel: () => void;
}

export function KeyForm({ draft, button, busy, onSave, onCancel }: Props) {
  const { t } = useText();
  const [label, setLabel] = useState(draft.label);
  const [scopes, setScopes] = useState(draft.scopes);
  const [limit, setLimit] = useState(draft.requests_per_second_max);
  const [expires, setExpires] = useState(toLocalInput(draft.expires ?? undefined));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSave({ label, scopes, requests_per_second_max: limit, expires: fromLocalInput(expires) ?? null });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={t("key_label")}
          description={t("key_label_text")}
          value={label}
          onChange={(event) => setLabel(event.currentTarget.value)}
          maxLength={200}
          required
          data-autofocus
        />
        <Checkbox.Group label={t("key_scopes")} description={t("key_scopes_text")} value={scopes} onChange={setScopes}>
          <Stack gap={6} mt="xs">
            {SCOPES.map(([scope, meaning]) => (
              <Checkbox key={scope} value={scope} label={scope} description={t(meaning)} />
            ))}
          </Stack>
        </Checkbox.Group>
        <NumberInput
          label={t("key_limit")}
          description={t("key_limit_text")}
          min={1}
          value={limit ?? ""}
          onChange={(value) => setLimit(typeof value === "number" ? value : null)}
        />
        <TextInput
          type="datetime-local"
          label={t("key_expires")}
          description={t("key_expires_text")}
          value={expires}
          onChange={(event) => setExpires(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={busy} disabled={scopes.length === 0}>
            {button}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
