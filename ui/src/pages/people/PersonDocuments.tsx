// The documents that content keeps about a person: states and profiles.

import { Table, Text } from "@mantine/core";
import { IconFiles } from "@tabler/icons-react";

import type { PersonDocument } from "../../api/types";
import { DataTable } from "../../components/DataTable";
import { EmptyPanel } from "../../components/States";
import { AgoOrNever } from "../../components/Time";
import { useText } from "../../i18n/text";
import { formatBytes } from "../../lib/format";
import { nameFromIri } from "../../lib/names";

export function PersonDocuments({ documents }: { documents: PersonDocument[] }) {
  const { t, language } = useText();
  if (documents.length === 0) {
    return <EmptyPanel icon={<IconFiles size={28} />} title={t("documents_none")} text={t("documents_none_text")} />;
  }
  return (
    <DataTable label={t("documents")} columns={[t("document"), t("kind"), t("activity"), t("size"), t("updated")]}>
      {documents.map((document) => (
        <Table.Tr key={`${document.kind} ${document.activity ?? ""} ${document.id}`}>
          <Table.Td className="wrap">
            <Text size="sm" fw={500} className="wrap">
              {document.id}
            </Text>
            <Text size="xs" c="dimmed">
              {document.content_type ?? ""}
            </Text>
          </Table.Td>
          <Table.Td>{document.kind === "state" ? t("kind_state") : t("kind_profile")}</Table.Td>
          <Table.Td className="wrap">{document.activity === null ? "–" : nameFromIri(document.activity)}</Table.Td>
          <Table.Td>{document.length === null ? "–" : formatBytes(language, document.length)}</Table.Td>
          <Table.Td>
            <AgoOrNever time={document.updated} />
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}
