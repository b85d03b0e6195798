// What the server checks of itself.

import { Group, Paper, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";

import type { Operations } from "../../api/types";
import { useText } from "../../i18n/text";
import { nameOfCheck } from "./checkNames";
import { TONE } from "../../components/tones";

export function Checks({ checks }: { checks: Operations["checks"] }) {
  const { t } = useText();
  return (
    <Paper p="md" className="panel">
      <Title order={2} size="h5">
        {t("checks_title")}
      </Title>
      <Text size="xs" c="dimmed" mb="sm">
        {t("checks_text")}
      </Text>
      <Stack gap="sm">
        {checks.map((check) => (
          <Group key={check.name} wrap="nowrap" align="flex-start" gap="sm">
            <ThemeIcon size="sm" radius="xl" color={check.ok ? TONE.good : TONE.bad} role="img" aria-label={check.ok ? t("check_good") : t("check_bad")}>
              {check.ok ? <IconCheck size={14} aria-hidden /> : <IconAlertTriangle size={14} aria-hidden />}
            </ThemeIcon>
            <div style={{ minWidth: 0 }}>
              <Text size="sm" fw={500}>
                {nameOfCheck(check.name, t)}
              </Text>
              <Text size="xs" c="dimmed" className="wrap" lang="en">
                {check.detail}
              </Text>
            </div>
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}
