// The members of a schema, and of the schemas that they name.

import { Code, Text } from "@mantine/core";

import { useText } from "../../i18n/text";
import { nameType, resolve, type Document, type Schema } from "./openapi";
import styles from "./Reference.module.css";

/** Deeper, and a reader is lost; schemas may also name themselves. */
const DEPTH_MAX = 4;

interface Props {
  document: Document;
  schema: Schema;
  depth: number;
}

export function SchemaTree({ document, schema, depth }: Props) {
  const { t } = useText();
  const inner = membersOf(document, schema);
  if (inner === null) {
    return depth > 0 ? null : (
      <Text size="xs" c="dimmed">
        {nameType(schema)}
      </Text>
    );
  }
  const required = new Set(inner.required ?? []);
  return (
    <ul className={styles["members"]}>
      {Object.entries(inner.properties ?? {}).map(([name, member]) => (
        <li key={name}>
          <Code>{name}</Code>{" "}
          <Text size="xs" c="dimmed" component="span" className="wrap">
            {nameType(member)}
            {required.has(name) && ` · ${t("reference_required")}`}
          </Text>
          {member.description !== undefined && (
            <Text size="sm" component="div">
              {member.description}
            </Text>
          )}
          {depth < DEPTH_MAX && <SchemaTree document={document} schema={member} depth={depth + 1} />}
        </li>
      ))}
    </ul>
  );
}

/** The object that a schema is, holds in a list, or may be. */
function membersOf(document: Document, schema: Schema, steps = 0): Schema | null {
  if (steps > DEPTH_MAX) return null;
  const resolved = resolve(document, schema).schema;
  if (resolved.properties !== undefined) return resolved;
  if (resolved.items !== undefined) return membersOf(document, resolved.items, steps + 1);
  const choices = [...(resolved.oneOf ?? []), ...(resolved.anyOf ?? []), ...(resolved.allOf ?? [])];
  const choice = choices.find((candidate) => candidate.type !== "null");
  return choice === undefined ? null : membersOf(document, choice, steps + 1);
}
