// The signed-in person's own things: password, sessions, personal access tokens.

import { Button, Group, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { IconLogout } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";

import { changePassword } from "../../api/administration";
import { signOut, useSession } from "../../api/session";
import { useAction } from "../../components/actions";
import { Facts } from "../../components/Facts";
import { PageHeader } from "../../components/PageHeader";
import { useText } from "../../i18n/text";
import { NewPassword } from "../entry/PersonForm";
import { Tokens } from "./Tokens";

export function Settings() {
  const { t } = useText();
  const { account } = useSession();
  return (
    <>
      <PageHeader title={t("settings")} text={t("settings_text")} />
      <Stack gap="lg" maw={820}>
        <Paper p="md" className="panel">
          <Facts
            facts={[
              [t("name"), account.name],
              [t("email"), account.email],
            ]}
          />
        </Paper>
        <Tokens />
        <Password />
        <Sessions />
      </Stack>
    </>
  );
}

function Password() {
  const { t } = useText();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const change = useAction(() => changePassword(old, fresh), {
    done: t("password_changed"),
    refresh: [["session"]],
    then: () => {
      setOld("");
      setFresh("");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(undefined);
  };
  return (
    <Paper p="md" className="panel" component="section">
      <Title order={2} size="h4" mb="sm">
        {t("password_change")}
      </Title>
      <form onSubmit={submit}>
        <Stack maw={420}>
          <PasswordInput
            label={t("password_old")}
            autoComplete="current-password"
            value={old}
            onChange={(event) => setOld(event.currentTarget.value)}
            visibilityToggleButtonProps={{ "aria-label": t("show_password") }}
            required
            withAsterisk={false}
          />
          <NewPassword value={fresh} onChange={setFresh} />
          <Group>
            <Button type="submit" loading={change.isPending}>
              {t("password_change")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}

function Sessions() {
  const { t } = useText();
  const navigate = useNavigate();
  const leave = useAction(() => signOut("everywhere"), { then: () => void navigate({ to: "/sign-in" }) });
  return (
    <Paper p="md" className="panel" component="section">
      <Title order={2} size="h4">
        {t("sessions")}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t("sessions_text")}
      </Text>
      <Button variant="default" leftSection={<IconLogout size={18} aria-hidden />} loading={leave.isPending} onClick={() => leave.mutate(undefined)}>
        {t("sign_out_everywhere")}
      </Button>
    </Paper>
  );
}
