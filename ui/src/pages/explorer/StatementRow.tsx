// One statement of the list: a button with its sentence, and the heading of its day where a day begins. There are many, so they are made of
// plain elements: a component of the library costs as much as a whole row of these.

import { Badge } from "@mantine/core";
import { IconPaperclip } from "@tabler/icons-react";
import { memo } from "react";

import type { StatementItem } from "../../api/types";
import { Initials } from "../../components/Initials";
import { Sentence } from "../../components/Sentence";
import { Ago } from "../../components/Time";
import { useText } from "../../i18n/text";
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
        <h2 className={styles["day"]}>{day}</h2>
      )}
      <button
        type="button"
        data-row
        className={styles["row"]}
        aria-haspopup="dialog"
        aria-current={isOpen || undefined}
        onClick={() => onOpen(statement.id)}
      >
        <Initials name={statement.actor.name} />
        <span className={styles["sentence"]}>
          <Sentence lrs={lrs} statement={statement} />
        </span>
        <span className={styles["facts"]}>
          {statement.voided && (
            <Badge size="sm" color={TONE.bad} component="span">
              {t("voided")}
            </Badge>
          )}
          {statement.attachments.length > 0 && (
            <span className={styles["clip"]}>
              <IconPaperclip size={14} aria-hidden /> {n("attachments", statement.attachments.length)}
            </span>
          )}
          <Ago time={statement.stored} />
        </span>
      </button>
    </li>
  );
});
