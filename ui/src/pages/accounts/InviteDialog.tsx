// Invites someone: the answer is a link to hand over, shown once.

import { Button, Modal, Stack, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import { invite } from "../../api/administration";
import type { RoleGrant } from "../../api/types";
import { useAction } from "../../components/actions";
import { OneTimeSecret } from "../../components/Copy";
import { useText } from "../../i18n/text";
import { RoleFields } from "./RoleFields";

export function InviteDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useText();
  const [link, setLink] = useState<string | null>(null);
  const leave = () => {
    onClose();
    setLink(null);
  };
  return (
    <Modal opened={opened} onClose={leave} title={t("invite")} closeButtonProps={{ "aria-label": t("close") }}>
      {link === null ? (
        <InviteForm onInvited={setLink} />
      ) : (
        <Stack>
          <OneTimeSecret warning={t("invitation_link_text")} values={[[t("invitation_link"), link]]} />
          <Button onClick={leave}>{t("done")}</Button>
        </Stack>
      )}
    </Modal>
  );
}

function InviteForm({ onInvited }: { onInvited: (link: string) => void }) {
  const { t } = useText();
  const [email, setEmail] = useState("");
  const [roles, setRoles] = useState<RoleGrant[]>([]);
  const send = useAction(() => invite(email, roles), {
    refresh: [["invitations"]],
    then: ({ link }) => onInvited(new URL(link, window.location.origin).href),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate(undefined);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={t("email")}
          type="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          required
          data-autofocus
        />
        <RoleFields roles={roles} onChange={setRoles} />
        <Button type="submit" loading={send.isPending} disabled={roles.length === 0}>
          {t("invite_button")}
        </Button>
      </Stack>
    </form>
  );
}
