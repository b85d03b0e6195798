// The flight recorder: requests that were refused, and why.

import { Badge, Pill, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { IconShieldCheck } from "@tabler/icons-react";

import { refusalsQuery } from "../../api/running";
import type { RefusalItem } from "../../api/types";
import { MoreRows } from "../../components/MoreRows";
import { PageHeader } from "../../components/PageHeader";
import rows from "../../components/Rows.module.css";
import { EmptyPanel, ErrorPanel, LoadingRows } from "../../components/States";
import { Ago } from "../../components/Time";
import { useText } from "../../i18n/text";
import { useKeyName } from "./keyName";
import { sayRefusal } from "./reason";
import { useRowKeys } from "../../lib/useRowKeys";
import { TONE } from "../../components/tones";

const FROM = "/signed-in/lrs/$lrs/refusals";
const ROWS_MAX = 300;

export function Refusals() {
  const { t } = useText();
  const { lrs } = useParams({ from: FROM });
  const { key } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: "/lrs/$lrs/refusals" });
  const query = useInfiniteQuery({ ...refusalsQuery(lrs, { key }), refetchInterval: 10_000 });
  const list = useRowKeys<HTMLUListElement>();
  return (
    <>
      <PageHeader title={t("nav_refusals")} text={t("refusals_text")} />
      {key !== undefined && (
        <Pill
          withRemoveButton
          mb="md"
          onRemove={() => void navigate({ search: {} })}
          removeButtonProps={{ "aria-label": t("filter_remove", { name: t("key") }), "aria-hidden": false, tabIndex: 0 }}
        >
          {t("key")}: {key}
        </Pill>
      )}
      {query.isPending && <LoadingRows />}
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && (
        <List lrs={lrs} list={list} refusals={query.data.pages.flatMap((page) => page.items)} query={query} />
      )}
    </>
  );
}

interface ListProps {
  lrs: string;
  list: React.RefObject<HTMLUListElement | null>;
  refusals: RefusalItem[];
  query: Parameters<typeof MoreRows>[0]["query"];
}

function List({ lrs, list, refusals, query }: ListProps) {
  const { t } = useText();
  if (refusals.length === 0) {
    return <EmptyPanel icon={<IconShieldCheck size={28} />} title={t("refusals_none")} text={t("refusals_none_text")} />;
  }
  return (
    <>
      <ul ref={list} className={rows["list"]} aria-label={t("nav_refusals")}>
        {refusals.map((refusal) => (
          <RefusalRow key={refusal.id} lrs={lrs} refusal={refusal} />
        ))}
      </ul>
      <MoreRows rows={refusals.length} rowsMax={ROWS_MAX} advice={t("refusals_narrow")} query={query} />
    </>
  );
}

function RefusalRow({ lrs, refusal }: { lrs: string; refusal: RefusalItem }) {
  const reader = useText();
  const { t, n } = reader;
  const keyName = useKeyName(lrs, refusal.key);
  return (
    <li>
      <Link to="/lrs/$lrs/refusals/$refusal" params={{ lrs, refusal: refusal.id }} className={rows["row"]} data-row>
        <Badge color={refusal.status >= 500 ? TONE.bad : TONE.warning} radius="sm" size="lg">
          {refusal.status}
        </Badge>
        <span className={rows["main"]}>
          <Text size="sm" fw={500} component="span" className="wrap" lineClamp={2}>
            {sayRefusal(refusal, reader)}
          </Text>
          <Text size="xs" c="dimmed" component="span" className="wrap">
            {refusal.method !== "" && `${refusal.method} ${refusal.path} · `}
            {keyName}
            {refusal.violation_count > 0 && ` · ${n("violations", refusal.violation_count)}`}
            {refusal.count > 1 && ` · ${n("refusal_times", refusal.count)}`}
          </Text>
        </span>
        {refusal.replayed !== null && (
          <Badge color={TONE.good} variant="light">
            {t("refusal_replayed")}
          </Badge>
        )}
        <Text size="xs" c="dimmed" component="span" className={rows["facts"] ?? ""}>
          <Ago time={refusal.when} />
        </Text>
      </Link>
    </li>
  );
}
