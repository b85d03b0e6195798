// How a page looks while it waits, when it has nothing to show, and when something went wrong.

import { Alert, Button, Skeleton, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { ApiFailure } from "../api/client";
import { saySaid } from "../i18n/coded";
import { useText } from "../i18n/text";

export function LoadingRows({ rows = 6, height = 52 }: { rows?: number; height?: number }) {
  const { t } = useText();
  return (
    <Stack gap="xs" role="status" aria-label={t("loading")}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={height} radius="md" />
      ))}
    </Stack>
  );
}

interface EmptyProps {
  icon: ReactNode;
  title: string;
  text: string;
  children?: ReactNode;
}

export function EmptyPanel({ icon, title, text, children }: EmptyProps) {
  return (
    <Stack align="center" gap="sm" py={56} px="md" className="panel">
      <ThemeIcon size={56} radius="xl" variant="light" aria-hidden>
        {icon}
      </ThemeIcon>
      <Title order={2} size="h4" ta="center">
        {title}
      </Title>
      <Text c="dimmed" ta="center" maw={460}>
        {text}
      </Text>
      {children}
    </Stack>
  );
}

/** What a failure says to people: in their language by its code, else in the server's words. */
export function useFailureText(): (error: unknown) => string {
  const reader = useText();
  return (error) => {
    if (!(error instanceof ApiFailure)) return reader.t("error_unexpected");
    if (error.code === "unreachable") return reader.t("error_unreachable");
    return saySaid(error, reader) || reader.t("error_unexpected");
  };
}

/** Says above a form why what was asked for did not happen. */
export function FailureAlert({ text, title }: { text: string; title?: string }) {
  return (
    <Alert variant="light" color="red" role="alert" title={title}>
      <Text size="sm" className="wrap" c="var(--mantine-color-text)">
        {text}
      </Text>
    </Alert>
  );
}

export function ErrorPanel({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useText();
  const failureText = useFailureText();
  const requestId = error instanceof ApiFailure ? error.requestId : null;
  return (
    <Alert icon={<IconAlertTriangle aria-hidden />} color="red" variant="light" title={t("error_title")} role="alert">
      <Stack gap="sm" align="flex-start">
        <Text size="sm" className="wrap" c="var(--mantine-color-text)">
          {failureText(error)}
        </Text>
        {requestId !== null && (
          <Text size="xs" c="dimmed" className="wrap">
            {t("error_request", { id: requestId })}
          </Text>
        )}
        {retry && (
          <Button size="xs" variant="default" leftSection={<IconRefresh size={16} aria-hidden />} onClick={retry}>
            {t("try_again")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
