// The start: straight to the LRS looked at last. A server without LRSs gets its first one here.

import { Alert, Container } from "@mantine/core";
import { Navigate, useNavigate } from "@tanstack/react-router";
import { IconReportAnalytics } from "@tabler/icons-react";

import { useMay, useSession } from "../api/session";
import { useCurrentLrs } from "../app/current";
import { EmptyPanel } from "../components/States";
import { NewLrsForm } from "../components/NewLrsForm";
import { PageHeader } from "../components/PageHeader";
import { useText } from "../i18n/text";

export function Home() {
  const { t } = useText();
  const lrs = useCurrentLrs();
  const navigate = useNavigate();
  const { account } = useSession();
  const may = useMay(lrs ?? "");
  if (lrs !== null && !may("read_statements")) {
    return (
      <EmptyPanel icon={<IconReportAnalytics size={28} />} title={t("only_reports_title")} text={t("only_reports_text", { lrs })} />
    );
  }
  if (lrs !== null) return <Navigate to="/lrs/$lrs/statements" params={{ lrs }} search={{}} replace />;
  return (
    <Container size="xs" py="xl">
      <PageHeader title={t("no_lrs_title")} text={t("no_lrs_text")} />
      {account.is_owner ? (
        <NewLrsForm onCreated={(name) => void navigate({ to: "/lrs/$lrs/welcome", params: { lrs: name } })} />
      ) : (
        <Alert variant="light">{t("no_lrs_ask")}</Alert>
      )}
    </Container>
  );
}
