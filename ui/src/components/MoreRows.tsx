// The end of a long list: a button for the next page, and advice where a list grew too long to be read.

import { Alert, Button, Center, Stack, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";

import { useText } from "../i18n/text";

interface Props {
  rows: number;
  rowsMax: number;
  advice: string;
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

export function MoreRows({ rows, rowsMax, advice, query }: Props) {
  const { t, n } = useText();
  if (!query.hasNextPage) {
    return (
      <Text size="sm" c="dimmed" ta="center" py="md">
        {n("rows_all", rows)}
      </Text>
    );
  }
  return (
    <Stack py="md" gap="sm">
      {rows >= rowsMax && (
        <Alert variant="light" color="lyceum" icon={<IconInfoCircle aria-hidden />} title={n("rows_many", rows)}>
          <Text size="sm" c="var(--mantine-color-text)">
            {advice}
          </Text>
        </Alert>
      )}
      <Center>
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t("show_more")}
        </Button>
      </Center>
    </Stack>
  );
}
