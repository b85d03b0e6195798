// One call: what it takes and what it answers; opens on demand.

import { Badge, Code, Stack, Table, Text, Title } from "@mantine/core";
import { useState } from "react";

import { useText } from "../../i18n/text";
import { nameType, schemaOf, type Call, type Document, type Parameter } from "./openapi";
import styles from "./Reference.module.css";
import { SchemaTree } from "./SchemaTree";
import { TONE } from "../../components/tones";

const COLORS: Record<string, string> = { get: TONE.calm, post: TONE.good, put: TONE.warning, patch: TONE.warning, delete: TONE.bad };

export function CallCard({ document, call }: { document: Document; call: Call }) {
  const [opened, setOpened] = useState(false);
  return (
    <details className={styles["call"]} id={call.id} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary className={styles["summary"]}>
        <Badge color={COLORS[call.method] ?? TONE.neutral} radius="sm" w={72} component="span">
          {call.method}
        </Badge>
        <code className={styles["path"]}>{call.path}</code>
        <Text size="sm" c="dimmed" component="span">
          <Prose text={call.operation.summary ?? ""} />
        </Text>
      </summary>
      {opened && <Detail document={document} call={call} />}
    </details>
  );
}

/** What stands between backticks, as the description has it, is code. */
function Prose({ text }: { text: string }) {
  return text.split("`").map((part, at) => (at % 2 === 0 ? part : <Code key={at}>{part}</Code>));
}

function Detail({ document, call }: { document: Document; call: Call }) {
  const { t } = useText();
  const { operation } = call;
  const sent = schemaOf(operation.requestBody);
  return (
    <Stack gap="md" p="md" pt={4}>
      {operation.description !== undefined && <Text size="sm"><Prose text={operation.description} /></Text>}
      {operation.parameters !== undefined && operation.parameters.length > 0 && <Parameters parameters={operation.parameters} />}
      {sent !== undefined && (
        <div>
          <Title order={3} size="h6">
            {t("reference_body")}
          </Title>
          <SchemaTree document={document} schema={sent} depth={0} />
        </div>
      )}
      <div>
        <Title order={3} size="h6" mb={4}>
          {t("reference_answers")}
        </Title>
        <Stack gap="sm">
          {Object.entries(operation.responses ?? {}).map(([status, response]) => {
            const schema = schemaOf(response);
            return (
              <div key={status}>
                <Text size="sm">
                  <Code>{status}</Code> {response.description}
                </Text>
                {schema !== undefined && status.startsWith("2") && <SchemaTree document={document} schema={schema} depth={0} />}
              </div>
            );
          })}
        </Stack>
      </div>
    </Stack>
  );
}

function Parameters({ parameters }: { parameters: Parameter[] }) {
  const { t } = useText();
  return (
    <div>
      <Title order={3} size="h6">
        {t("reference_parameters")}
      </Title>
      <Table aria-label={t("reference_parameters")}>
        <Table.Tbody>
          {parameters.map((parameter) => (
            <Table.Tr key={`${parameter.in} ${parameter.name}`}>
              <Table.Th scope="row" className="wrap">
                <Code>{parameter.name}</Code>
              </Table.Th>
              <Table.Td>
                <Text size="xs" c="dimmed" className="wrap">
                  {parameter.in} · {nameType(parameter.schema)}
                  {parameter.required === true && ` · ${t("reference_required")}`}
                </Text>
                {parameter.description !== undefined && <Text size="sm">{parameter.description}</Text>}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
