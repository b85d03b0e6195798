// What the server checks of itself.

import { Group, Paper, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";

import { TONE } from "../../components/tones";
import { useText } from "../../i18n/text";
import { sayAdvice, saySeen, saySubject, type Check } from "./findings";

export function Checks({ checks }: { checks: Check[] }) {
  const reader = useText();
  const { t } = reader;
  return (
    <Paper p="md" className="panel">
      <Title order={2} size="h5">
        {t("checks_title")}
      </Title>
      <Text size="xs" c="dimmed" mb="sm">
        {t("checks_text")}
      </Text>
      <Stack gap="sm">
        {checks.map((check, place) => (
          <Group key={place} wrap="nowrap" align="flex-start" gap="sm">
            <ThemeIcon size="sm" radius="xl" color={check.ok ? TONE.good : TONE.bad} role="img" aria-label={check.ok ? t("check_good") : t("check_bad")}>
              {check.ok ? <IconCheck size={14} aria-hidden /> : <IconAlertTriangle size={14} aria-hidden />}
            </ThemeIcon>
            <div style={{ minWidth: 0 }}>
              <Text size="sm" fw={500}>
                {saySubject(check, reader)}
              </Text>
              <Text size="xs" c="dimmed" className="wrap">
                {saySeen(check, reader)}
              </Text>
              {!check.ok && (
                <Text size="xs" className="wrap">
                  {sayAdvice(check, reader)}
                </Text>
              )}
            </div>
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}
