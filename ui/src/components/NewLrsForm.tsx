// Creates an LRS by its name.

import { Button, Stack, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import { createLrs } from "../api/lrs";
import { useText } from "../i18n/text";
import { useAction } from "./actions";

export function NewLrsForm({ onCreated }: { onCreated: (name: string) => void }) {
  const { t } = useText();
  const [name, setName] = useState("");
  const create = useAction(createLrs, { refresh: [["lrss"], ["session"]], then: () => onCreated(name) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(name);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={t("lrs_name")}
          description={t("lrs_name_rule")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          pattern="[a-z0-9][a-z0-9\-]*"
          maxLength={63}
          required
        />
        <Button type="submit" loading={create.isPending}>
          {t("create_lrs")}
        </Button>
      </Stack>
    </form>
  );
}
