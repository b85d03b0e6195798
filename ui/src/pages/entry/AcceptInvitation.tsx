// Someone who was invited chooses a name and a password.

import { useNavigate } from "@tanstack/react-router";

import { acceptInvitation } from "../../api/session";
import { useText } from "../../i18n/text";
import { EntryFrame } from "./EntryFrame";
import { LinkEnded } from "./LinkEnded";
import { PersonForm } from "./PersonForm";
import { useHashToken } from "./token";

export function AcceptInvitation() {
  const { t } = useText();
  const token = useHashToken();
  const navigate = useNavigate();
  if (token === null) {
    return (
      <EntryFrame title={t("invitation_title")}>
        <LinkEnded reason={t("invitation_incomplete")} advice={t("invitation_again")} />
      </EntryFrame>
    );
  }
  return (
    <EntryFrame title={t("invitation_title")} text={t("invitation_text")}>
      <PersonForm
        withEmail={false}
        button={t("invitation_button")}
        create={({ name, password }) => acceptInvitation(token, name, password)}
        onCreated={() => void navigate({ to: "/" })}
        staleAdvice={t("invitation_again")}
      />
    </EntryFrame>
  );
}
