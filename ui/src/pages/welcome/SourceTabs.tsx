// One tab for each kind of source, with its steps and what to paste.

import { Group, Stack, Tabs, Text } from "@mantine/core";

import { CopyButton } from "../../components/Copy";
import { useText } from "../../i18n/text";
import { SOURCES, type Connection } from "./snippets";
import styles from "./Welcome.module.css";

export function SourceTabs({ connection }: { connection: Connection }) {
  const { t } = useText();
  return (
    <Tabs defaultValue="curl" keepMounted={false} variant="outline">
      <Tabs.List>
        {SOURCES.map((source) => (
          <Tabs.Tab key={source.id} value={source.id}>
            {source.name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {SOURCES.map((source) => {
        const code = source.code?.(connection);
        return (
          <Tabs.Panel key={source.id} value={source.id} pt="md">
            <Stack gap="sm">
              {source.steps.length === 1 ? (
                <Text size="sm">{t(source.steps[0] ?? "source_curl_1")}</Text>
              ) : (
                <ol className={styles["steps"]}>
                  {source.steps.map((step) => (
                    <li key={step}>{t(step)}</li>
                  ))}
                </ol>
              )}
              {code !== undefined && (
                <>
                  <pre className={styles["code"]} tabIndex={0} aria-label={source.name}>
                    {code}
                  </pre>
                  <Group>
                    <CopyButton text={code} label={t("copy")} />
                  </Group>
                </>
              )}
            </Stack>
          </Tabs.Panel>
        );
      })}
    </Tabs>
  );
}
