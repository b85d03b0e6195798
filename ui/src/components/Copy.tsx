// Copying, with an answer that screen readers hear; and secrets that are shown once.

import { ActionIcon, Alert, Button, Code, Group, Stack, Text, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy, IconKey } from "@tabler/icons-react";

import { useText } from "../i18n/text";

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useText();
  const clipboard = useClipboard({ timeout: 2000 });
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={clipboard.copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
      onClick={() => clipboard.copy(text)}
    >
      <span aria-live="polite">{clipboard.copied ? t("copied") : label}</span>
    </Button>
  );
}

export function CopyIcon({ text, label }: { text: string; label: string }) {
  const { t } = useText();
  const clipboard = useClipboard({ timeout: 2000 });
  const shown = clipboard.copied ? t("copied") : label;
  return (
    <Tooltip label={shown}>
      <ActionIcon variant="subtle" color="gray" size="md" aria-label={shown} onClick={() => clipboard.copy(text)}>
        {clipboard.copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}

/** Values that the server tells only now. */
export function OneTimeSecret({ values, warning }: { values: [label: string, value: string][]; warning: string }) {
  const { t } = useText();
  return (
    <Alert variant="light" color="yellow" icon={<IconKey aria-hidden />} title={t("shown_once")}>
      <Stack gap="sm">
        <Text size="sm" c="var(--mantine-color-text)">
          {warning}
        </Text>
        {values.map(([label, value]) => (
          <div key={label}>
            <Text size="xs" fw={600} c="var(--mantine-color-text)">
              {label}
            </Text>
            <Group gap="xs" wrap="nowrap">
              <Code className="wrap" data-secret={label}>
                {value}
              </Code>
              <CopyIcon text={value} label={t("copy_value", { name: label })} />
            </Group>
          </div>
        ))}
      </Stack>
    </Alert>
  );
}
