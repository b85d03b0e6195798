// What stands in a page's place while it loads, when it failed and when there is none.

import { Center, Container, Loader, Stack, Text, Title } from "@mantine/core";
import { useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { useEffect } from "react";
import { ButtonLink } from "../components/links";

import { ApiFailure } from "../api/client";
import { forgetSession } from "../api/session";
import { ErrorPanel } from "../components/States";
import { useText } from "../i18n/text";

export function PagePending() {
  const { t } = useText();
  return (
    <Center mih={240} role="status" aria-label={t("loading")}>
      <Loader type="dots" />
    </Center>
  );
}

export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const signedOut = error instanceof ApiFailure && error.status === 401;
  useEffect(() => {
    if (!signedOut) return;
    forgetSession();
    void router.invalidate();
  }, [signedOut, router]);
  if (signedOut) return <PagePending />;
  return (
    <Container size="sm" py="xl">
      <ErrorPanel
        error={error}
        retry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </Container>
  );
}

export function NotFound() {
  const { t } = useText();
  return (
    <Container size="sm" py={80} component="main" id="content">
      <Stack align="center" gap="md">
        <Title order={1} ta="center">
          {t("page_not_found")}
        </Title>
        <Text c="dimmed" ta="center">
          {t("page_not_found_text")}
        </Text>
        <ButtonLink to="/">
          {t("to_start")}
        </ButtonLink>
      </Stack>
    </Container>
  );
}
