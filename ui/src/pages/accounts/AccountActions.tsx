// Changing someone's roles, shutting an account, deleting it.

import { Button, Group, Modal, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";

import { changeAccount, deleteAccount } from "../../api/administration";
import { useSession } from "../../api/session";
import type { Account } from "../../api/types";
import { ConfirmDialog, useAction } from "../../components/actions";
import { useText } from "../../i18n/text";
import { RoleFields } from "./RoleFields";

const REFRESH = [["accounts"], ["session"]];

export function AccountActions({ account }: { account: Account }) {
  const { t } = useText();
  const me = useSession().account;
  const [edits, edit] = useDisclosure(false);
  const [asks, ask] = useDisclosure(false);
  const shut = useAction(() => changeAccount(account.id, { disabled: !account.disabled }), { done: t("saved"), refresh: REFRESH });
  const remove = useAction(() => deleteAccount(account.id), { done: t("account_deleted"), refresh: REFRESH, then: ask.close });
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" onClick={edit.open} aria-label={t("roles_of", { name: account.name })}>
        {t("roles")}
      </Button>
      {me.is_owner && me.id !== account.id && (
        <>
          <Button size="xs" variant="default" loading={shut.isPending} onClick={() => shut.mutate(undefined)}>
            {account.disabled ? t("account_enable") : t("account_disable")}
          </Button>
          <Button size="xs" variant="default" onClick={ask.open}>
            {t("delete")}
          </Button>
        </>
      )}
      <Modal opened={edits} onClose={edit.close} title={t("roles_of", { name: account.name })} closeButtonProps={{ "aria-label": t("close") }}>
        <RoleForm account={account} onDone={edit.close} />
      </Modal>
      <ConfirmDialog
        opened={asks}
        title={t("account_delete_title", { name: account.name })}
        text={t("account_delete_text")}
        confirm={t("delete")}
        busy={remove.isPending}
        onConfirm={() => remove.mutate(undefined)}
        onClose={ask.close}
      />
    </Group>
  );
}

function RoleForm({ account, onDone }: { account: Account; onDone: () => void }) {
  const { t } = useText();
  const [roles, setRoles] = useState(account.roles);
  const save = useAction(() => changeAccount(account.id, { roles }), { done: t("saved"), refresh: REFRESH, then: onDone });
  return (
    <Stack>
      <RoleFields roles={roles} onChange={setRoles} />
      <Button loading={save.isPending} onClick={() => save.mutate(undefined)}>
        {t("save")}
      </Button>
    </Stack>
  );
}
