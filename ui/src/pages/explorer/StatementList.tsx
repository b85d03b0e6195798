// The list of statements, newest first, by day. Arrow keys or j and k go along it, Enter opens.

import { Alert, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconFilterOff, IconSparkles } from "@tabler/icons-react";
import { useEffect, useMemo } from "react";
import { ButtonLink } from "../../components/links";

import { statementsQuery, type StatementFilters } from "../../api/statements";
import type { StatementItem } from "../../api/types";
import { MoreRows } from "../../components/MoreRows";
import { EmptyPanel, ErrorPanel, LoadingRows } from "../../components/States";
import { useText } from "../../i18n/text";
import { formatDay } from "../../lib/format";
import { useRowKeys } from "../../lib/useRowKeys";
import styles from "./Explorer.module.css";
import { StatementRow } from "./StatementRow";
import { useLive } from "./useLive";

/** From here on a list is too long to be read: the page advises to narrow it. */
const ROWS_MAX = 500;

/** A screen is full with so many. */
const ROWS_MIN = 15;

interface Props {
  lrs: string;
  filters: StatementFilters;
  filtered: boolean;
  live: boolean;
  opened: string | undefined;
  onOpen: (statement: string) => void;
}

export function StatementList({ lrs, filters, filtered, live, opened, onOpen }: Props) {
  const { t, n } = useText();
  const query = useInfiniteQuery(statementsQuery(lrs, filters));
  const arriving = useLive(lrs, filters, live);
  const stored = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const rows = useMemo(() => withArrivals(stored, arriving.statements), [stored, arriving.statements]);
  const list = useRowKeys<HTMLUListElement>();
  const searching = useFurtherPages(query, stored.length);

  if (query.isPending) return <LoadingRows rows={8} />;
  if (query.isError) return <ErrorPanel error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      {live && (
        <Text size="sm" c="dimmed" mb="xs" role="status" className={styles["live"] ?? ""} data-state={arriving.state}>
          {arriving.state === "lost" ? t("live_lost") : n("live_arrived", arriving.statements.length)}
        </Text>
      )}
      {rows.length === 0 && searching && (
        <Text c="dimmed" ta="center" py="xl" role="status">
          {t("searching_further")}
        </Text>
      )}
      {rows.length === 0 && !searching ? (
        <Nothing lrs={lrs} filtered={filtered} />
      ) : (
        <div hidden={rows.length === 0}>
          <ul ref={list} className={styles["list"]} aria-label={t("nav_statements")}>
            <Days rows={rows} arrived={arriving.ids} lrs={lrs} opened={opened} onOpen={onOpen} />
          </ul>
          <MoreRows rows={rows.length} rowsMax={ROWS_MAX} advice={t("statements_narrow")} query={query} />
        </div>
      )}
      {query.isRefetchError && <Alert color="red">{t("error_unreachable")}</Alert>}
    </>
  );
}

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** A page looks through a bounded part of the log and may find little in it: the next ones are asked for until a screen is full. */
function useFurtherPages(query: Pages, rows: number): boolean {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const wanted = hasNextPage && rows < ROWS_MIN;
  useEffect(() => {
    if (wanted && !isFetchingNextPage) void fetchNextPage();
  }, [wanted, isFetchingNextPage, fetchNextPage]);
  return wanted;
}

/** What arrived since, before what the page had; each statement once. */
function withArrivals(stored: StatementItem[], arrivals: StatementItem[]): StatementItem[] {
  const known = new Set(stored.map((statement) => statement.id));
  return [...arrivals.filter((statement) => !known.has(statement.id)), ...stored];
}

interface DaysProps {
  rows: StatementItem[];
  arrived: Set<string>;
  lrs: string;
  opened: string | undefined;
  onOpen: (statement: string) => void;
}

function Days({ rows, arrived, lrs, opened, onOpen }: DaysProps) {
  const { language } = useText();
  const dayOf = (statement: StatementItem) => formatDay(language, statement.stored);
  return rows.map((statement, at) => {
    const before = rows[at - 1];
    const day = dayOf(statement);
    const begins = before === undefined || dayOf(before) !== day;
    return (
      <StatementRow
        key={statement.id}
        lrs={lrs}
        statement={statement}
        day={begins ? day : null}
        isNew={arrived.has(statement.id)}
        isOpen={opened === statement.id}
        onOpen={onOpen}
      />
    );
  });
}

function Nothing({ lrs, filtered }: { lrs: string; filtered: boolean }) {
  const { t } = useText();
  if (filtered) {
    return <EmptyPanel icon={<IconFilterOff size={28} />} title={t("statements_none_filtered")} text={t("statements_none_filtered_text")} />;
  }
  return (
    <EmptyPanel icon={<IconSparkles size={28} />} title={t("statements_none")} text={t("statements_none_text")}>
      <ButtonLink to="/lrs/$lrs/welcome" params={{ lrs }}>
        {t("send_first")}
      </ButtonLink>
    </EmptyPanel>
  );
}
