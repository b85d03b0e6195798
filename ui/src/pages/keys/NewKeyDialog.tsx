// Makes a key: its name, what it may, how fast, until when. Its secret is shown once.

import { Button, Checkbox, Group, Modal, NumberInput, Stack, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import { createKey } from "../../api/lrs";
import type { NewKey } from "../../api/types";
import { useAction } from "../../components/actions";
import { OneTimeSecret } from "../../components/Copy";
import { useText } from "../../i18n/text";
import { fromLocalInput } from "../../lib/format";

const SCOPES = [
  "statements/write",
  "statements/read",
  "statements/read/mine",
  "state",
  "profile",
  "define",
  "all/read",
  "all",
] as const;

interface Props {
  lrs: string;
  opened: boolean;
  onClose: () => void;
}

export function NewKeyDialog({ lrs, opened, onClose }: Props) {
  const { t } = useText();
  const [made, setMade] = useState<NewKey | null>(null);
  const leave = () => {
    onClose();
    setMade(null);
  };
  return (
    <Modal opened={opened} onClose={leave} title={t("key_new")} closeButtonProps={{ "aria-label": t("close") }}>
      {made === null ? (
        <KeyForm lrs={lrs} onMade={setMade} onCancel={leave} />
      ) : (
        <Stack>
          <OneTimeSecret
            warning={t("secret_warning")}
            values={[
              [t("endpoint"), `${window.location.origin}/xapi`],
              [t("key"), made.key],
              [t("secret"), made.secret],
            ]}
          />
          <Button onClick={leave}>{t("done")}</Button>
        </Stack>
      )}
    </Modal>
  );
}

function KeyForm({ lrs, onMade, onCancel }: { lrs: string; onMade: (made: NewKey) => void; onCancel: () => void }) {
  const { t } = useText();
  const [label, setLabel] = useState("");
  const [scopes, setScopes] = useState<string[]>(["statements/write"]);
  const [limit, setLimit] = useState<number | null>(null);
  const [expires, setExpires] = useState("");
  const create = useAction(
    () => createKey(lrs, { label, scopes, requests_per_second_max: limit, expires: fromLocalInput(expires) ?? null }),
    { refresh: [["lrs", lrs, "keys"]], then: onMade },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(undefined);
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
            {SCOPES.map((scope) => (
              <Checkbox key={scope} value={scope} label={scope} />
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
          <Button type="submit" loading={create.isPending} disabled={scopes.length === 0}>
            {t("key_create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
