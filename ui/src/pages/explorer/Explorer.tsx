// The statements of an LRS: filters, list, live mode, and one statement opened beside the list.

import { Button, Menu, Switch } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { IconDownload } from "@tabler/icons-react";
import { lazy, Suspense, useCallback, useEffect, useState } from "react";

import { useMay } from "../../api/session";
import { exportUrl } from "../../api/statements";
import { PageHeader } from "../../components/PageHeader";
import { useText } from "../../i18n/text";
import { activeFilters, filtersOf, type ExplorerSearch } from "../../lib/filters";
import { Filters } from "./Filters";
import { StatementList } from "./StatementList";

/** Loaded when the list is there, or with the first statement that is opened. */
const loadDrawer = () => import("./StatementDrawer");
const StatementDrawer = lazy(loadDrawer);

/** The list comes first. */
const DRAWER_DELAY_MS = 1000;

const FROM = "/signed-in/lrs/$lrs/statements";

export function Explorer() {
  const { t } = useText();
  const { lrs } = useParams({ from: FROM });
  const search = useSearch({ from: FROM });
  const navigate = useNavigate({ from: "/lrs/$lrs/statements" });
  const may = useMay(lrs);
  const filters = filtersOf(search);
  // Once opened it stays, so that it can be seen to close.
  const [drawn, setDrawn] = useState(search.statement !== undefined);
  if (search.statement !== undefined && !drawn) setDrawn(true);
  useEffect(() => {
    const timer = setTimeout(() => void loadDrawer().catch(() => {}), DRAWER_DELAY_MS);
    return () => clearTimeout(timer);
  }, []);

  const change = useCallback(
    (next: Partial<ExplorerSearch>, replace = false) => void navigate({ search: (old) => ({ ...old, ...next }), replace }),
    [navigate],
  );
  const open = useCallback((statement: string | undefined) => change({ statement }), [change]);

  return (
    <>
      <PageHeader title={t("nav_statements")} text={t("explorer_text")}>
        <Switch
          label={t("live")}
          checked={search.live ?? false}
          onChange={(event) => change({ live: event.currentTarget.checked || undefined }, true)}
        />
        {may("export_statements") && <Download lrs={lrs} filters={filters} />}
      </PageHeader>
      <Filters lrs={lrs} filters={filters} onChange={(next) => change(next)} />
      <StatementList
        lrs={lrs}
        filters={filters}
        filtered={activeFilters(filters).length > 0}
        live={search.live ?? false}
        opened={search.statement}
        onOpen={open}
      />
      {drawn && (
        <Suspense>
          <StatementDrawer
            lrs={lrs}
            id={search.statement}
            onClose={() => open(undefined)}
            onFilter={(next) => change({ ...next, statement: undefined })}
          />
        </Suspense>
      )}
    </>
  );
}

function Download({ lrs, filters }: { lrs: string; filters: ReturnType<typeof filtersOf> }) {
  const { t } = useText();
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={18} aria-hidden />}>
          {t("download")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={exportUrl(lrs, filters, "csv")} download>
          {t("download_csv")}
        </Menu.Item>
        <Menu.Item component="a" href={exportUrl(lrs, filters, "ndjson")} download>
          {t("download_ndjson")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
