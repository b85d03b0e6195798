// The lines of an import that were refused, each with its reason.

import { Code, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { refusedLinesQuery } from "../../api/running";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { saySaid } from "../../i18n/coded";
import { useText } from "../../i18n/text";

export function RefusedLines({ lrs, job }: { lrs: string; job: string }) {
  const reader = useText();
  const { t } = reader;
  const query = useQuery(refusedLinesQuery(lrs, job));
  if (query.isPending) return <LoadingRows rows={3} />;
  if (query.isError) return <ErrorPanel error={query.error} />;
  return (
    <Stack gap="md">
      {query.data.items.map((line) => (
        <div key={line.line}>
          <Text size="sm" fw={600}>
            {t("line", { line: line.line })}
          </Text>
          <Text size="sm" c="var(--mantine-color-error)" className="wrap">
            {saySaid(line, reader)}
          </Text>
          {line.text !== "" && (
            <Code block className="wrap">
              {line.text}
            </Code>
          )}
        </div>
      ))}
    </Stack>
  );
}
