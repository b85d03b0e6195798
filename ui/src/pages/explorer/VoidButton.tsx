// Voids a statement, with a reason that goes into the audit log.

import { Button, Group, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBan } from "@tabler/icons-react";
import { useState } from "react";

import { voidStatement } from "../../api/statements";
import { ConfirmDialog, useAction } from "../../components/actions";
import { useText } from "../../i18n/text";
import { TONE } from "../../components/tones";

export function VoidButton({ lrs, id }: { lrs: string; id: string }) {
  const { t } = useText();
  const [opened, { open, close }] = useDisclosure(false);
  const [reason, setReason] = useState("");
  const act = useAction(() => voidStatement(lrs, id, reason.trim()), {
    done: t("void_done"),
    refresh: [["lrs", lrs]],
    then: close,
  });
  return (
    <Group>
      <Button color={TONE.bad} variant="outline" leftSection={<IconBan size={18} aria-hidden />} onClick={open}>
        {t("void_statement")}
      </Button>
      <ConfirmDialog
        opened={opened}
        title={t("void_statement")}
        text={t("void_text")}
        confirm={t("void_confirm")}
        busy={act.isPending}
        disabled={reason.trim() === ""}
        onConfirm={() => act.mutate(undefined)}
        onClose={close}
      >
        <Textarea
          label={t("void_reason")}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          maxLength={1000}
          autosize
          minRows={2}
          required
          data-autofocus
        />
      </ConfirmDialog>
    </Group>
  );
}
