// The first run: the one-time link that the server printed leads here and makes the first account.

import { Alert, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { IconTerminal2 } from "@tabler/icons-react";
import { ButtonLink } from "../../components/links";

import { setupQuery, setUp } from "../../api/session";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { useText } from "../../i18n/text";
import { EntryFrame } from "./EntryFrame";
import { PersonForm } from "./PersonForm";
import { useHashToken } from "./token";

export function Setup() {
  const { t } = useText();
  const token = useHashToken();
  const setup = useQuery(setupQuery);
  const navigate = useNavigate();
  if (setup.isPending) {
    return (
      <EntryFrame title={t("setup_title")}>
        <LoadingRows rows={3} />
      </EntryFrame>
    );
  }
  if (setup.isError) {
    return (
      <EntryFrame title={t("setup_title")}>
        <ErrorPanel error={setup.error} retry={() => void setup.refetch()} />
      </EntryFrame>
    );
  }
  if (!setup.data.needed) {
    return (
      <EntryFrame title={t("setup_done_title")} text={t("setup_done_text")}>
        <ButtonLink to="/sign-in" fullWidth>
          {t("sign_in")}
        </ButtonLink>
      </EntryFrame>
    );
  }
  if (token === null) {
    return (
      <EntryFrame title={t("setup_title")}>
        <Alert variant="light" color="lyceum" icon={<IconTerminal2 aria-hidden />} title={t("setup_needed")}>
          <Text size="sm" c="var(--mantine-color-text)">
            {t("setup_needed_text")}
          </Text>
        </Alert>
      </EntryFrame>
    );
  }
  return (
    <EntryFrame title={t("setup_title")} text={t("setup_text")}>
      <Stack>
        <PersonForm
          withEmail
          button={t("setup_button")}
          create={({ name, email, password }) => setUp(token, name, email, password)}
          onCreated={() => void navigate({ to: "/" })}
          staleAdvice={t("setup_again")}
        />
      </Stack>
    </EntryFrame>
  );
}
