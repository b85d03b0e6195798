// One act; its details open below it.

import { Badge, Group, SimpleGrid, Text } from "@mantine/core";
import { useState } from "react";

import type { AuditEntry } from "../../api/types";
import { JsonView } from "../../components/JsonView";
import { Instant } from "../../components/Time";
import { en } from "../../i18n/en";
import type { TextName } from "../../i18n/fill";
import { useText } from "../../i18n/text";
import styles from "./Audit.module.css";

type Say = (name: TextName) => string;

/** An act in words; the code of one that this app does not know. */
function sayAct(action: string, t: Say): string {
  const name = `act_${action.replace(".", "_")}`;
  return name in en ? t(name as TextName) : action;
}

/** What the server writes where no account stands. */
const NAMES: Record<string, TextName> = {
  "the server": "audit_server",
  "the first account": "audit_first_account",
  "somebody who is not signed in": "audit_nobody",
};

function sayName(name: string, t: Say): string {
  const text = NAMES[name];
  return text === undefined ? name : t(text);
}

export function AuditRow({ entry }: { entry: AuditEntry }) {
  const { t } = useText();
  const [opened, setOpened] = useState(false);
  const hasDetails = entry.before !== null || entry.after !== null;
  return (
    <li className={styles["entry"]}>
      <details onToggle={(event) => setOpened(event.currentTarget.open)}>
        <summary className={styles["summary"]}>
          <Group gap="xs" component="span" display="inline-flex" className={styles["act"] ?? ""}>
            <Badge variant="default" tt="none" fw={600} component="span">
              {sayAct(entry.action, t)}
            </Badge>
            <Text size="sm" component="span" className="wrap">
              <strong>{sayName(entry.who, t)}</strong>
              {entry.target !== "" && ` · ${sayName(entry.target, t)}`}
              {entry.lrs !== null && ` · ${entry.lrs}`}
            </Text>
            <Text size="xs" c="dimmed" component="span" className="wrap">
              {entry.action}
            </Text>
          </Group>
          <Text size="xs" c="dimmed" component="span" className={styles["when"] ?? ""}>
            <Instant time={entry.when} />
            {entry.address !== "" && ` · ${sayName(entry.address, t)}`}
          </Text>
        </summary>
        {opened && !hasDetails && (
          <Text size="sm" c="dimmed" p="md">
            {t("audit_no_details")}
          </Text>
        )}
        {opened && hasDetails && (
          <SimpleGrid cols={{ base: 1, md: 2 }} p="md" pt={0}>
            {entry.before !== null && <Side label={t("before")} value={entry.before} />}
            {entry.after !== null && <Side label={t("after")} value={entry.after} />}
          </SimpleGrid>
        )}
      </details>
    </li>
  );
}

function Side({ label, value }: { label: string; value: unknown }) {
  return (
    <div>
      <Text size="xs" fw={600} mb={4}>
        {label}
      </Text>
      <JsonView text={JSON.stringify(value, null, 2)} label={label} height="320px" />
    </div>
  );
}
