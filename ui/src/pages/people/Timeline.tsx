// What a person did, newest first.

import { Text, Timeline as Line } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconListSearch } from "@tabler/icons-react";
import { TextLink } from "../../components/links";

import { statementsQuery } from "../../api/statements";
import { MoreRows } from "../../components/MoreRows";
import { Sentence } from "../../components/Sentence";
import { EmptyPanel, ErrorPanel, LoadingRows } from "../../components/States";
import { Ago } from "../../components/Time";
import { useText } from "../../i18n/text";

const ROWS_MAX = 300;

export function Timeline({ lrs, person }: { lrs: string; person: string }) {
  const { t } = useText();
  const query = useInfiniteQuery(statementsQuery(lrs, { person }));
  if (query.isPending) return <LoadingRows />;
  if (query.isError) return <ErrorPanel error={query.error} retry={() => void query.refetch()} />;
  const rows = query.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) {
    return <EmptyPanel icon={<IconListSearch size={28} />} title={t("timeline_none")} text={t("timeline_none_text")} />;
  }
  return (
    <>
      <Line bulletSize={14} lineWidth={2} active={rows.length}>
        {rows.map((statement) => (
          <Line.Item key={statement.id} title={<Sentence lrs={lrs} statement={statement} linked />}>
            <Text size="xs" c="dimmed" component="div">
              <Ago time={statement.stored} /> ·{" "}
              <TextLink to="/lrs/$lrs/statements" params={{ lrs }} search={{ person, statement: statement.id }} size="xs" underline="always">
                {t("show_statement")}
              </TextLink>
            </Text>
          </Line.Item>
        ))}
      </Line>
      <MoreRows rows={rows.length} rowsMax={ROWS_MAX} advice={t("statements_narrow")} query={query} />
    </>
  );
}
