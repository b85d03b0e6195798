// Name, address and password of a new account; used at the first run and for invitations.

import { Button, PasswordInput, Progress, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { FailureAlert, useFailureText } from "../../components/States";
import { useText } from "../../i18n/text";
import { isStaleLink, LinkEnded } from "./LinkEnded";

/** As the server asks for; longer is better. */
export const PASSWORD_CHARACTERS_MIN = 10;

export interface PersonDraft {
  name: string;
  email: string;
  password: string;
}

interface Props {
  withEmail: boolean;
  button: string;
  create: (draft: PersonDraft) => Promise<unknown>;
  onCreated: () => void;
  /** How to get another link when this one is not valid any more. */
  staleAdvice: string;
}

export function PersonForm({ withEmail, button, create, onCreated, staleAdvice }: Props) {
  const { t } = useText();
  const failureText = useFailureText();
  const [draft, setDraft] = useState<PersonDraft>({ name: "", email: "", password: "" });
  const save = useMutation({ mutationFn: () => create(draft), onSuccess: onCreated });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const set = (change: Partial<PersonDraft>) => setDraft({ ...draft, ...change });
  if (isStaleLink(save.error)) return <LinkEnded reason={failureText(save.error)} advice={staleAdvice} />;
  return (
    <form onSubmit={submit}>
      <Stack>
        {save.error && <FailureAlert text={failureText(save.error)} />}
        <TextInput
          label={t("name")}
          autoComplete="name"
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          required
          withAsterisk={false}
        />
        {withEmail && (
          <TextInput
            label={t("email")}
            type="email"
            autoComplete="username"
            value={draft.email}
            onChange={(event) => set({ email: event.currentTarget.value })}
            required
            withAsterisk={false}
          />
        )}
        <NewPassword value={draft.password} onChange={(password) => set({ password })} />
        <Button type="submit" loading={save.isPending}>
          {button}
        </Button>
      </Stack>
    </form>
  );
}

export function NewPassword({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useText();
  const share = Math.min(100, (value.length / PASSWORD_CHARACTERS_MIN) * 100);
  return (
    <div>
      <PasswordInput
        label={t("new_password")}
        description={t("password_rule", { count: PASSWORD_CHARACTERS_MIN })}
        autoComplete="new-password"
        minLength={PASSWORD_CHARACTERS_MIN}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": t("show_password") }}
        required
        withAsterisk={false}
      />
      <Progress value={share} size={4} mt={6} color={share < 100 ? "yellow" : "teal"} aria-hidden />
    </div>
  );
}
