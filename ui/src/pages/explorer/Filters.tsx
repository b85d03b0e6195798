// The filters of the explorer: a search box, a panel with the rest, and a pill for each that is set.

import { Button, Collapse, Group, Indicator, Paper } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFilter } from "@tabler/icons-react";
import { lazy, Suspense } from "react";

import type { StatementFilters } from "../../api/statements";
import { SearchBox } from "../../components/SearchBox";
import { LoadingRows } from "../../components/States";
import { useText } from "../../i18n/text";
import { activeFilters } from "../../lib/filters";
import { FilterPills } from "./FilterPills";

/** Loaded with the first look at the filters. */
const FilterFields = lazy(async () => ({ default: (await import("./FilterFields")).FilterFields }));

interface Props {
  lrs: string;
  filters: StatementFilters;
  onChange: (next: Partial<StatementFilters>) => void;
}

export function Filters({ lrs, filters, onChange }: Props) {
  const { t } = useText();
  const active = activeFilters(filters);
  const beyondText = active.filter(([name]) => name !== "text").length;
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <Paper p="sm" mb="md" className="panel" role="search" aria-label={t("filters")}>
      <Group gap="xs" wrap="nowrap">
        <SearchBox
          label={t("search_statements")}
          text={filters.text ?? ""}
          onSearch={(text) => onChange({ text })}
        />
        <Indicator label={beyondText} size={18} disabled={beyondText === 0} color="lyceum.7">
          <Button
            variant="default"
            leftSection={<IconFilter size={18} aria-hidden />}
            onClick={toggle}
            aria-expanded={opened}
            aria-controls="filter-fields"
          >
            {t("filters")}
          </Button>
        </Indicator>
      </Group>
      <Collapse expanded={opened} id="filter-fields">
        {opened && (
          <Suspense fallback={<LoadingRows rows={2} height={60} />}>
            <FilterFields lrs={lrs} filters={filters} onChange={onChange} />
          </Suspense>
        )}
      </Collapse>
      {active.length > 0 && <FilterPills lrs={lrs} active={active} onChange={onChange} />}
    </Paper>
  );
}
