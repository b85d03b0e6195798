// Statements by day, as a chart and as a table for those who do not see it.

import { Paper, Skeleton, Text, Title } from "@mantine/core";
import { lazy, Suspense, useMemo } from "react";

import type { Operations } from "../../api/types";
import { useText } from "../../i18n/text";
import { formatNumber, formatShortDay } from "../../lib/format";

const Chart = lazy(() => import("../../components/Chart"));
const HEIGHT = 200;

export function Growth({ growth }: { growth: Operations["growth"] }) {
  const { t, language } = useText();
  // Noon keeps a calendar day the same day in every zone.
  const bars = useMemo(
    () => growth.map(({ day, statements }) => ({ label: formatShortDay(language, `${day}T12:00:00`), value: statements })),
    [growth, language],
  );
  if (bars.length === 0) return null;
  return (
    <Paper p="md" className="panel">
      <Title order={2} size="h5" mb="xs">
        {t("growth_title")}
      </Title>
      <Suspense fallback={<Skeleton height={HEIGHT} />}>
        <Chart bars={bars} label={t("growth_title")} height={HEIGHT} />
      </Suspense>
      <details>
        <summary>
          <Text size="xs" c="dimmed" component="span">
            {t("show_numbers")}
          </Text>
        </summary>
        <ul>
          {bars.map((bar) => (
            <li key={bar.label}>
              {bar.label}: {formatNumber(language, bar.value)}
            </li>
          ))}
        </ul>
      </details>
    </Paper>
  );
}
