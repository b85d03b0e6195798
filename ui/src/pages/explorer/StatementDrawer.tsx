// One statement beside the list: its sentence, its facts, its attachments, its JSON, and voiding.

import { Alert, Badge, Drawer, Group, Stack, Text, Title } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";

import { useMay } from "../../api/session";
import { statementQuery, type StatementFilters, type StatementWithSource } from "../../api/statements";
import { CopyButton } from "../../components/Copy";
import { JsonView } from "../../components/JsonView";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { useText } from "../../i18n/text";
import { AttachmentList } from "./AttachmentList";
import { StatementFacts } from "./StatementFacts";
import { readReason, readStatement } from "./statement";
import { VoidButton } from "./VoidButton";

interface Props {
  lrs: string;
  id: string | undefined;
  onClose: () => void;
  onFilter: (filters: StatementFilters) => void;
}

export default function StatementDrawer({ lrs, id, onClose, onFilter }: Props) {
  const { t } = useText();
  // It gives the focus back to what had it when it opened, and sees that only when it was there before.
  const there = useMounted();
  return (
    <Drawer
      opened={there && id !== undefined}
      onClose={onClose}
      position="right"
      size="min(680px, 100vw)"
      title={<span style={{ fontWeight: 600 }}>{t("statement")}</span>}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {id !== undefined && <Loaded lrs={lrs} id={id} onFilter={onFilter} />}
    </Drawer>
  );
}

function Loaded({ lrs, id, onFilter }: { lrs: string; id: string; onFilter: (filters: StatementFilters) => void }) {
  const query = useQuery(statementQuery(lrs, id));
  if (query.isPending) return <LoadingRows rows={5} height={40} />;
  if (query.isError) return <ErrorPanel error={query.error} retry={() => void query.refetch()} />;
  return <Detail lrs={lrs} id={id} detail={query.data} onFilter={onFilter} />;
}

interface DetailProps {
  lrs: string;
  id: string;
  detail: StatementWithSource;
  onFilter: (filters: StatementFilters) => void;
}

function Detail({ lrs, id, detail, onFilter }: DetailProps) {
  const { t } = useText();
  const may = useMay(lrs);
  const statement = readStatement(detail.statement);
  return (
    <Stack gap="lg">
      {detail.item.voided && <VoidedNote lrs={lrs} by={detail.voided_by} />}
      {detail.voids !== null && <Badge variant="outline">{t("statement_voids", { id: detail.voids })}</Badge>}
      <StatementFacts statement={statement} item={detail.item} onFilter={onFilter} />
      <AttachmentList lrs={lrs} statement={id} attachments={statement.attachments} />
      <div>
        <Group justify="space-between" mb="xs">
          <Title order={2} size="h5">
            {t("raw_statement")}
          </Title>
          <CopyButton text={detail.source} label={t("copy_json")} />
        </Group>
        <JsonView text={detail.source} label={t("raw_statement")} />
      </div>
      {may("void_statements") && !detail.item.voided && detail.voids === null && <VoidButton lrs={lrs} id={id} />}
    </Stack>
  );
}

/** Says that a statement does not count, by which other one, and why. */
function VoidedNote({ lrs, by }: { lrs: string; by: string | null }) {
  const { t } = useText();
  const voiding = useQuery({ ...statementQuery(lrs, by ?? ""), enabled: by !== null });
  const reason = voiding.data === undefined ? null : readReason(voiding.data.statement);
  return (
    <Alert variant="light" color="red" title={t("statement_voided")}>
      <Text size="sm" className="wrap" c="var(--mantine-color-text)">
        {by === null ? t("statement_voided_text") : t("statement_voided_by", { id: by })}
      </Text>
      {reason !== null && (
        <Text size="sm" className="wrap" c="var(--mantine-color-text)">
          {t("void_reason")}: {reason}
        </Text>
      )}
    </Alert>
  );
}
