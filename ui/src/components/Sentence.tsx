// A statement as a sentence: who did what, how well, for how long.

import { TextLink } from "./links";

import type { StatementItem } from "../api/types";
import { useText } from "../i18n/text";
import { formatDuration, formatPercent } from "../lib/format";
import styles from "./Sentence.module.css";

interface Props {
  lrs: string;
  statement: StatementItem;
  /** Names become links to their pages. */
  linked?: boolean;
}

export function Sentence({ lrs, statement, linked = false }: Props) {
  const actor = <strong className={styles["actor"]}>{statement.actor.name}</strong>;
  const object = <em className={styles["object"]}>{statement.object.name}</em>;
  const person = statement.actor.person;
  return (
    <span className={statement.voided ? `${styles["sentence"]} ${styles["voided"]}` : styles["sentence"]}>
      {linked && person !== null ? (
        <TextLink to="/lrs/$lrs/people/$person" params={{ lrs, person }} underline="hover" c="inherit">
          {actor}
        </TextLink>
      ) : (
        actor
      )}{" "}
      <span>{statement.verb.display}</span>{" "}
      {linked && statement.object.kind === "activity" && statement.object.id !== null ? (
        <TextLink to="/lrs/$lrs/activity" params={{ lrs }} search={{ id: statement.object.id }} underline="hover">
          {object}
        </TextLink>
      ) : (
        object
      )}
      <Outcome statement={statement} />
    </span>
  );
}

function Outcome({ statement }: { statement: StatementItem }) {
  const { t, language } = useText();
  const result = statement.result;
  if (result === null) return null;
  const parts: string[] = [];
  if (result.score_percent !== null) parts.push(t("with_score", { score: formatPercent(language, result.score_percent) }));
  if (result.success === false) parts.push(t("outcome_not_passed"));
  if (result.duration_seconds !== null) parts.push(formatDuration(language, result.duration_seconds));
  if (result.response !== null && result.response !== "") parts.push(t("answered", { response: result.response }));
  return parts.length === 0 ? null : <span className={styles["outcome"]}> {parts.join(", ")}</span>;
}
