// Groups of learners; an instructor reads the learners of the groups given to them.

import { Button, Group, Modal, Paper, SimpleGrid, Stack, Text, Textarea, TextInput, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { IconPlus, IconUsersGroup } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";

import { changeGroup, createGroup, deleteGroup, groupsQuery } from "../../api/lrs";
import type { LearnerGroup } from "../../api/types";
import { ConfirmDialog, useAction } from "../../components/actions";
import { PageHeader } from "../../components/PageHeader";
import { EmptyPanel, ErrorPanel, LoadingRows } from "../../components/States";
import { useText } from "../../i18n/text";
import { nameFromIdentifier } from "../../lib/names";

export function Groups() {
  const { t } = useText();
  const { lrs } = useParams({ from: "/signed-in/lrs/$lrs/groups" });
  const query = useQuery(groupsQuery(lrs));
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <PageHeader title={t("nav_groups")} text={t("groups_text")}>
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={open}>
          {t("group_new")}
        </Button>
      </PageHeader>
      <Modal opened={opened} onClose={close} title={t("group_new")} closeButtonProps={{ "aria-label": t("close") }}>
        <GroupForm lrs={lrs} group={null} onDone={close} />
      </Modal>
      {query.isPending && <LoadingRows rows={3} height={90} />}
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && query.data.length === 0 && (
        <EmptyPanel icon={<IconUsersGroup size={28} />} title={t("groups_none")} text={t("groups_none_text")} />
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {query.data?.map((group) => (
          <GroupCard key={group.id} lrs={lrs} group={group} />
        ))}
      </SimpleGrid>
    </>
  );
}

/** So many names are shown on a card. */
const NAMES_MAX = 6;

function GroupCard({ lrs, group }: { lrs: string; group: LearnerGroup }) {
  const { t, n } = useText();
  const [edits, edit] = useDisclosure(false);
  const [asks, ask] = useDisclosure(false);
  const remove = useAction(() => deleteGroup(lrs, group.id), {
    done: t("group_deleted"),
    refresh: [["lrs", lrs, "groups"]],
    then: ask.close,
  });
  const names = group.members.slice(0, NAMES_MAX).map(nameFromIdentifier).join(", ");
  return (
    <Paper p="md" className="panel" component="article" aria-label={group.name}>
      <Title order={2} size="h5" className="wrap">
        {group.name}
      </Title>
      <Text size="sm" c="dimmed" mb="sm" className="wrap">
        {n("learners", group.members.length)}
        {names !== "" && `: ${names}${group.members.length > NAMES_MAX ? " …" : ""}`}
      </Text>
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={edit.open}>
          {t("edit")}
        </Button>
        <Button size="xs" variant="default" onClick={ask.open}>
          {t("delete")}
        </Button>
      </Group>
      <Modal opened={edits} onClose={edit.close} title={group.name} closeButtonProps={{ "aria-label": t("close") }}>
        <GroupForm lrs={lrs} group={group} onDone={edit.close} />
      </Modal>
      <ConfirmDialog
        opened={asks}
        title={t("group_delete_title", { name: group.name })}
        text={t("group_delete_text")}
        confirm={t("delete")}
        busy={remove.isPending}
        onConfirm={() => remove.mutate(undefined)}
        onClose={ask.close}
      />
    </Paper>
  );
}

function GroupForm({ lrs, group, onDone }: { lrs: string; group: LearnerGroup | null; onDone: () => void }) {
  const { t } = useText();
  const [name, setName] = useState(group?.name ?? "");
  const [members, setMembers] = useState(group?.members.map(toLine).join("\n") ?? "");
  const identifiers = members.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const save = useAction(
    () => (group === null ? createGroup(lrs, name, identifiers) : changeGroup(lrs, group.id, name, identifiers)),
    { done: t("saved"), refresh: [["lrs", lrs, "groups"]], then: onDone },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(undefined);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label={t("name")} value={name} onChange={(event) => setName(event.currentTarget.value)} required data-autofocus />
        <Textarea
          label={t("group_members")}
          description={t("group_members_text")}
          value={members}
          onChange={(event) => setMembers(event.currentTarget.value)}
          autosize
          minRows={5}
          maxRows={16}
        />
        <Button type="submit" loading={save.isPending}>
          {t("save")}
        </Button>
      </Stack>
    </form>
  );
}

/** A learner as people write them; the server reads all of these. */
function toLine(identifier: string): string {
  return identifier.replace(/^(mbox:mailto:|account:)/, "");
}
