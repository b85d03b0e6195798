// Revoking a key, after a question.

import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";

import { revokeKey } from "../../api/lrs";
import type { Key } from "../../api/types";
import { ConfirmDialog, useAction } from "../../components/actions";
import { useText } from "../../i18n/text";

export function RevokeKey({ lrs, source }: { lrs: string; source: Key }) {
  const { t } = useText();
  const [opened, { open, close }] = useDisclosure(false);
  const revoke = useAction(() => revokeKey(lrs, source.key), {
    done: t("key_revoke_done"),
    refresh: [["lrs", lrs, "keys"]],
    then: close,
  });
  return (
    <>
      <Button size="xs" variant="default" onClick={open}>
        {t("key_revoke")}
      </Button>
      <ConfirmDialog
        opened={opened}
        title={t("key_revoke_title", { name: source.label })}
        text={t("key_revoke_text")}
        confirm={t("key_revoke")}
        busy={revoke.isPending}
        onConfirm={() => revoke.mutate(undefined)}
        onClose={close}
      />
    </>
  );
}
