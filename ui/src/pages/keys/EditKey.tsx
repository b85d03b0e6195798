// Changes what a key is called, what it may, and its limits; its secret stays.

import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";

import { changeKey } from "../../api/lrs";
import type { Key, KeyDraft } from "../../api/types";
import { useAction } from "../../components/actions";
import { useText } from "../../i18n/text";
import { KeyForm } from "./KeyForm";

export function EditKey({ lrs, source }: { lrs: string; source: Key }) {
  const { t } = useText();
  const [opened, { open, close }] = useDisclosure(false);
  const change = useAction((draft: KeyDraft) => changeKey(lrs, source.key, draft), {
    done: t("saved"),
    refresh: [["lrs", lrs, "keys"]],
    then: close,
  });
  return (
    <>
      <Button size="xs" variant="default" onClick={open}>
        {t("edit")}
      </Button>
      <Modal opened={opened} onClose={close} title={source.label} closeButtonProps={{ "aria-label": t("close") }}>
        <KeyForm draft={source} button={t("save")} busy={change.isPending} onSave={change.mutate} onCancel={close} />
      </Modal>
    </>
  );
}
