// Who changed what, when, from where; before and after.

import { Button, Paper, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { IconDownload, IconHistory } from "@tabler/icons-react";

import { auditExportUrl, auditQuery, type AuditFilters } from "../../api/administration";
import { useSession } from "../../api/session";
import { MoreRows } from "../../components/MoreRows";
import { PageHeader } from "../../components/PageHeader";
import { SearchBox } from "../../components/SearchBox";
import { EmptyPanel, ErrorPanel, LoadingRows } from "../../components/States";
import { useText } from "../../i18n/text";
import { fromLocalInput, toLocalInput } from "../../lib/format";
import { AuditRow } from "./AuditRow";

const ROWS_MAX = 500;

/** In place of an LRS's name: the log of the whole server. */
const ALL = "";

export function Audit() {
  const { t } = useText();
  const search: AuditFilters = useSearch({ from: "/signed-in/audit" });
  const { account, permissions } = useSession();
  const lrss = Object.keys(permissions).filter((lrs) => permissions[lrs]?.includes("read_audit"));
  // Only owners of the server see the log of all LRSs at once.
  const lrs = search.lrs ?? (account.is_owner ? undefined : lrss[0]);
  const filters = { ...search, lrs };
  const navigate = useNavigate({ from: "/audit" });
  const change = (next: AuditFilters) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const query = useInfiniteQuery(auditQuery(filters));
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHeader title={t("nav_audit")} text={t("audit_text")}>
        <Button component="a" href={auditExportUrl(filters)} download variant="default" leftSection={<IconDownload size={18} aria-hidden />}>
          {t("download")}
        </Button>
      </PageHeader>
      <Paper p="sm" mb="md" className="panel" role="search" aria-label={t("search_audit")}>
        <Stack gap="sm">
          <SearchBox label={t("search_audit")} text={filters.text ?? ""} onSearch={(text) => change({ text })} />
          <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
            <Select
              label={t("lrs")}
              data={[...(account.is_owner ? [{ value: ALL, label: t("nav_lrss") }] : []), ...lrss]}
              value={lrs ?? ALL}
              onChange={(chosen) => change({ lrs: chosen === ALL || chosen === null ? undefined : chosen })}
              allowDeselect={false}
            />
            <TextInput
              type="datetime-local"
              label={t("filter_since")}
              value={toLocalInput(filters.since)}
              onChange={(event) => change({ since: fromLocalInput(event.currentTarget.value) })}
            />
            <TextInput
              type="datetime-local"
              label={t("filter_until")}
              value={toLocalInput(filters.until)}
              onChange={(event) => change({ until: fromLocalInput(event.currentTarget.value) })}
            />
          </SimpleGrid>
        </Stack>
      </Paper>
      {query.isPending && <LoadingRows />}
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess &&
        (entries.length === 0 ? (
          <EmptyPanel icon={<IconHistory size={28} />} title={t("audit_none")} text={t("audit_none_text")} />
        ) : (
          <>
            <Text className="visually-hidden" role="status">
              {entries.length}
            </Text>
            <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: "none" }} aria-label={t("nav_audit")}>
              {entries.map((entry) => (
                <AuditRow key={entry.id} entry={entry} />
              ))}
            </Stack>
            <MoreRows rows={entries.length} rowsMax={ROWS_MAX} advice={t("audit_narrow")} query={query} />
          </>
        ))}
    </>
  );
}
