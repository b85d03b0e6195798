// One statement of the list: a button with its sentence, and the heading of its day where a day begins.

import { Avatar, Badge, Group, Text } from "@mantine/core";
import { IconPaperclip } from "@tabler/icons-react";
import { memo } from "react";

import type { StatementItem } from "../../api/types";
import { Sentence } from "../../components/Sentence";
import { Ago } from "../../components/Time";
import { useText } from "../../i18n/text";
import { initialsOf } from "../../lib/names";
import styles from "./Explorer.module.css";
import { TONE } from "../../components/tones";

interface Props {
  lrs: string;
  statement: StatementItem;
  day: string | null;
  isNew: boolean;
  isOpen: boolean;
  onOpen: (statement: string) => void;
}

export const StatementRow = memo(function StatementRow({ lrs, statement, day, isNew, isOpen, onOpen }: Props) {
  const { t, n } = useText();
  return (
    <li className={isNew ? styles["arriving"] : undefined}>
      {day !== null && (
        <Text size="xs" fw={600} c="dimmed" component="h2" className={styles["day"] ?? ""}>
          {day}
        </Text>
      )}
      <button
        type="button"
        data-row
        className={styles["row"]}
        aria-haspopup="dialog"
        aria-current={isOpen || undefined}
        onClick={() => onOpen(statement.id)}
      >
        <Avatar size={34} radius="xl" color="lyceum" variant="light" aria-hidden className={styles["avatar"] ?? ""}>
          {initialsOf(statement.actor.name)}
        </Avatar>
        <span className={styles["sentence"]}>
          <Sentence lrs={lrs} statement={statement} />
        </span>
        <Group gap={8} className={styles["facts"] ?? ""} component="span">
          {statement.voided && (
            <Badge size="sm" color={TONE.bad} className={styles["badge"] ?? ""} component="span">
              {t("voided")}
            </Badge>
          )}
          {statement.attachments.length > 0 && (
            <Text size="xs" c="dimmed" component="span" className={styles["clip"] ?? ""}>
              <IconPaperclip size={14} aria-hidden /> {n("attachments", statement.attachments.length)}
            </Text>
          )}
          <Text size="xs" c="dimmed" component="span">
            <Ago time={statement.stored} />
          </Text>
        </Group>
      </button>
    </li>
  );
});
