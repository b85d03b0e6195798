// Someone who lost their password sets a new one, with a link that was made at the command line.

import { Button, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { resetPassword } from "../../api/session";
import { FailureAlert, useFailureText } from "../../components/States";
import { useText } from "../../i18n/text";
import { EntryFrame } from "./EntryFrame";
import { isStaleLink, LinkEnded } from "./LinkEnded";
import { NewPassword } from "./PersonForm";
import { useHashToken } from "./token";

export function ResetPassword() {
  const { t } = useText();
  const token = useHashToken();
  if (token === null) {
    return (
      <EntryFrame title={t("reset_title")}>
        <LinkEnded reason={t("reset_incomplete")} advice={t("reset_again")} />
      </EntryFrame>
    );
  }
  return (
    <EntryFrame title={t("reset_title")} text={t("reset_text")}>
      <ResetForm token={token} />
    </EntryFrame>
  );
}

function ResetForm({ token }: { token: string }) {
  const { t } = useText();
  const navigate = useNavigate();
  const failureText = useFailureText();
  const [password, setPassword] = useState("");
  const save = useMutation({
    mutationFn: () => resetPassword(token, password),
    onSuccess: () => void navigate({ to: "/" }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  if (isStaleLink(save.error)) return <LinkEnded reason={failureText(save.error)} advice={t("reset_again")} />;
  return (
    <form onSubmit={submit}>
      <Stack>
        {save.error && <FailureAlert text={failureText(save.error)} />}
        <NewPassword value={password} onChange={setPassword} />
        <Button type="submit" loading={save.isPending}>
          {t("reset_button")}
        </Button>
      </Stack>
    </form>
  );
}
