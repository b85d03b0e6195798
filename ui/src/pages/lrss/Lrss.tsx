// All LRSs of the server: what is in them, making one, deleting one.

import { Button, Group, Modal, Paper, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { TextLink } from "../../components/links";

import { deleteLrs, lrssQuery } from "../../api/lrs";
import { useMay, useSession } from "../../api/session";
import type { Lrs } from "../../api/types";
import { ConfirmDialog, useAction } from "../../components/actions";
import { NewLrsForm } from "../../components/NewLrsForm";
import { PageHeader } from "../../components/PageHeader";
import { Instant } from "../../components/Time";
import { useText } from "../../i18n/text";

export function Lrss() {
  const { t } = useText();
  const { account } = useSession();
  const { data: lrss } = useSuspenseQuery(lrssQuery);
  const navigate = useNavigate();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <PageHeader title={t("nav_lrss")} text={t("lrss_text")}>
        {account.is_owner && (
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={open}>
            {t("create_lrs")}
          </Button>
        )}
      </PageHeader>
      <Modal opened={opened} onClose={close} title={t("create_lrs")} closeButtonProps={{ "aria-label": t("close") }}>
        <NewLrsForm onCreated={(lrs) => void navigate({ to: "/lrs/$lrs/welcome", params: { lrs } })} />
      </Modal>
      <Stack>
        {lrss.map((lrs) => (
          <LrsCard key={lrs.name} lrs={lrs} />
        ))}
      </Stack>
    </>
  );
}

function LrsCard({ lrs }: { lrs: Lrs }) {
  const { t, n } = useText();
  const may = useMay(lrs.name);
  return (
    <Paper p="md" className="panel">
      <Group justify="space-between">
        <div style={{ minWidth: 0 }}>
          <TextLink to="/lrs/$lrs/statements" params={{ lrs: lrs.name }} fw={600}>
            {lrs.name}
          </TextLink>
          <Text size="sm" c="dimmed" component="div">
            {n("statements", lrs.statements)} · {t("created")} <Instant time={lrs.created} />
          </Text>
        </div>
        {may("manage_lrs") && <DeleteLrs name={lrs.name} />}
      </Group>
    </Paper>
  );
}

/** Everything in it goes with an LRS, so its name is typed to confirm. */
function DeleteLrs({ name }: { name: string }) {
  const { t } = useText();
  const [opened, { open, close }] = useDisclosure(false);
  const [typed, setTyped] = useState("");
  const remove = useAction(() => deleteLrs(name), { done: t("lrs_deleted"), refresh: [["lrss"], ["session"]], then: close });
  return (
    <>
      <Button size="xs" variant="default" onClick={open} aria-label={t("lrs_delete_title", { name })}>
        {t("delete")}
      </Button>
      <ConfirmDialog
        opened={opened}
        title={t("lrs_delete_title", { name })}
        text={t("lrs_delete_text")}
        confirm={t("delete")}
        busy={remove.isPending}
        disabled={typed !== name}
        onConfirm={() => remove.mutate(undefined)}
        onClose={close}
      >
        <TextInput label={t("lrs_delete_type", { name })} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} data-autofocus />
      </ConfirmDialog>
    </>
  );
}
