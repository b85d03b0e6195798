// People who may sign in, what they may, and who is invited.

import { Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { IconMailPlus } from "@tabler/icons-react";

import { accountsQuery, invitationsQuery, withdrawInvitation } from "../../api/administration";
import type { Account, Invitation } from "../../api/types";
import { useAction } from "../../components/actions";
import { MoreRows } from "../../components/MoreRows";
import { PageHeader } from "../../components/PageHeader";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { AgoOrNever, Instant } from "../../components/Time";
import { useText } from "../../i18n/text";
import { AccountActions } from "./AccountActions";
import { InviteDialog } from "./InviteDialog";
import { RoleBadges } from "./RoleBadges";
import { TONE } from "../../components/tones";

export function Accounts() {
  const { t } = useText();
  const accounts = useInfiniteQuery(accountsQuery);
  const shown = accounts.data?.pages.flatMap((page) => page.items) ?? [];
  const invitations = useQuery(invitationsQuery);
  const [opened, { open, close }] = useDisclosure(false);
  const invited = invitations.data?.items ?? [];
  return (
    <>
      <PageHeader title={t("nav_accounts")} text={t("accounts_text")}>
        <Button leftSection={<IconMailPlus size={18} aria-hidden />} onClick={open}>
          {t("invite")}
        </Button>
      </PageHeader>
      <InviteDialog opened={opened} onClose={close} />
      {accounts.isPending && <LoadingRows rows={4} height={84} />}
      {accounts.isError && <ErrorPanel error={accounts.error} retry={() => void accounts.refetch()} />}
      <Stack gap="sm">
        {shown.map((account) => (
          <AccountCard key={account.id} account={account} />
        ))}
      </Stack>
      {accounts.hasNextPage && <MoreRows rows={shown.length} rowsMax={Infinity} advice="" query={accounts} />}
      {invitations.isError && <ErrorPanel error={invitations.error} retry={() => void invitations.refetch()} />}
      {invited.length > 0 && (
        <>
          <Title order={2} size="h4" mt="xl" mb="sm">
            {t("invitations")}
          </Title>
          <Stack gap="sm">
            {invited.map((invitation) => (
              <InvitationCard key={invitation.id} invitation={invitation} />
            ))}
          </Stack>
        </>
      )}
    </>
  );
}

function AccountCard({ account }: { account: Account }) {
  const { t } = useText();
  return (
    <Paper p="md" className="panel" component="article" aria-label={account.name}>
      <Group justify="space-between" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Group gap="xs">
            <Text fw={600} className="wrap">
              {account.name}
            </Text>
            {account.is_owner && <Badge color={TONE.calm}>{t("role_owner")}</Badge>}
            {account.disabled && <Badge color={TONE.bad}>{t("account_disabled")}</Badge>}
          </Group>
          <Text size="sm" c="dimmed" className="wrap" component="div">
            {account.email} · {t("figure_last_seen")}: <AgoOrNever time={account.last_seen} />
          </Text>
          <RoleBadges roles={account.roles} />
        </div>
        <AccountActions account={account} />
      </Group>
    </Paper>
  );
}

function InvitationCard({ invitation }: { invitation: Invitation }) {
  const { t } = useText();
  const withdraw = useAction(() => withdrawInvitation(invitation.id), { done: t("invitation_withdrawn"), refresh: [["invitations"]] });
  return (
    <Paper p="md" className="panel">
      <Group justify="space-between">
        <div style={{ minWidth: 0 }}>
          <Text fw={600} className="wrap">
            {invitation.email}
          </Text>
          <Text size="sm" c="dimmed" component="div">
            {t("invitation_expires")} <Instant time={invitation.expires} />
          </Text>
          <RoleBadges roles={invitation.roles} />
        </div>
        <Button
          size="xs"
          variant="default"
          loading={withdraw.isPending}
          onClick={() => withdraw.mutate(undefined)}
          aria-label={t("invitation_withdraw_name", { name: invitation.email })}
        >
          {t("invitation_withdraw")}
        </Button>
      </Group>
    </Paper>
  );
}
