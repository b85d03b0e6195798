// Makes a key. Its secret is shown once.

import { Button, Modal, Stack } from "@mantine/core";
import { useState } from "react";

import { createKey } from "../../api/lrs";
import type { KeyDraft, NewKey } from "../../api/types";
import { useAction } from "../../components/actions";
import { OneTimeSecret } from "../../components/Copy";
import { useText } from "../../i18n/text";
import { KeyForm } from "./KeyForm";

/** A source that sends, without limits. */
const USUAL: KeyDraft = { label: "", scopes: ["statements/write"], requests_per_second_max: null, expires: null };

interface Props {
  lrs: string;
  opened: boolean;
  onClose: () => void;
}

export function NewKeyDialog({ lrs, opened, onClose }: Props) {
  const { t } = useText();
  const [made, setMade] = useState<NewKey | null>(null);
  const create = useAction((draft: KeyDraft) => createKey(lrs, draft), { refresh: [["lrs", lrs, "keys"]], then: setMade });
  const leave = () => {
    onClose();
    setMade(null);
  };
  return (
    <Modal opened={opened} onClose={leave} title={t("key_new")} closeButtonProps={{ "aria-label": t("close") }}>
      {made === null ? (
        <KeyForm draft={USUAL} button={t("key_create")} busy={create.isPending} onSave={create.mutate} onCancel={leave} />
      ) : (
        <Stack>
          <OneTimeSecret
            warning={t("secret_warning")}
            values={[
              [t("endpoint"), `${window.location.origin}/xapi`],
              [t("key"), made.key],
              [t("secret"), made.secret],
            ]}
          />
          <Button onClick={leave}>{t("done")}</Button>
        </Stack>
      )}
    </Modal>
  );
}
