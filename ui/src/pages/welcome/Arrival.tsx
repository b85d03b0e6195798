// The panel that waits, and turns green when a statement is there.

import { Group, Loader, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconArrowRight, IconCheck } from "@tabler/icons-react";
import { ButtonLink } from "../../components/links";

import type { StatementItem } from "../../api/types";
import { Sentence } from "../../components/Sentence";
import { Ago } from "../../components/Time";
import { useText } from "../../i18n/text";
import styles from "./Welcome.module.css";
import { TONE } from "../../components/tones";

export function Arrival({ lrs, statement }: { lrs: string; statement: StatementItem | undefined }) {
  const { t } = useText();
  const arrived = statement !== undefined;
  return (
    <div className={styles["arrival"]} data-arrived={arrived} role="status">
      <Group wrap="nowrap" align="center">
        {arrived ? (
          <ThemeIcon size={44} radius="xl" color={TONE.good} variant="filled" aria-hidden>
            <IconCheck size={26} />
          </ThemeIcon>
        ) : (
          <Loader size={32} aria-hidden />
        )}
        <Stack gap={2} miw={0}>
          <Text fw={600} size="lg">
            {arrived ? t("arrival_here") : t("arrival_waiting")}
          </Text>
          <Text size="sm" c="dimmed" component="div" className="wrap">
            {statement === undefined ? (
              t("arrival_waiting_text")
            ) : (
              <>
                <Sentence lrs={lrs} statement={statement} /> · <Ago time={statement.stored} />
              </>
            )}
          </Text>
        </Stack>
      </Group>
      {arrived && (
        <ButtonLink
          to="/lrs/$lrs/statements"
          params={{ lrs }}
          color={TONE.good}
          rightSection={<IconArrowRight size={18} aria-hidden />}
        >
          {t("welcome_to_statements")}
        </ButtonLink>
      )}
    </div>
  );
}
