// The identifiers of one person, merging with another person, and undoing that.

import { Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { IconArrowsSplit, IconUsersPlus } from "@tabler/icons-react";
import { useState } from "react";

import { mergePeople, peopleSuggestionsQuery, splitPerson } from "../../api/learning";
import type { PersonItem, PersonPage } from "../../api/types";
import { ConfirmDialog, useAction } from "../../components/actions";
import { useText } from "../../i18n/text";
import { nameFromIdentifier } from "../../lib/names";
import { SuggestField, type Choice } from "../explorer/SuggestField";

interface Props {
  lrs: string;
  page: PersonPage;
  mayMerge: boolean;
}

export function Identifiers({ lrs, page, mayMerge }: Props) {
  const { t } = useText();
  return (
    <Stack>
      <Stack gap={0} className="panel" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
        {page.identifiers.map(({ identifier, merged }) => (
          <Group key={identifier} component="li" justify="space-between" px="md" py="sm">
            <div style={{ minWidth: 0 }}>
              <Text size="sm" fw={500} className="wrap">
                {nameFromIdentifier(identifier)}
              </Text>
              <Text size="xs" c="dimmed" className="wrap">
                {identifier}
              </Text>
            </div>
            {merged && (
              <Group gap="xs">
                <Badge variant="outline">{t("merged")}</Badge>
                {mayMerge && <Split lrs={lrs} person={page.person} identifier={identifier} />}
              </Group>
            )}
          </Group>
        ))}
      </Stack>
      {mayMerge && <Merge lrs={lrs} page={page} />}
    </Stack>
  );
}

function Split({ lrs, person, identifier }: { lrs: string; person: string; identifier: string }) {
  const { t } = useText();
  const split = useAction(() => splitPerson(lrs, person, identifier), { done: t("split_done"), refresh: [["lrs", lrs]] });
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconArrowsSplit size={16} aria-hidden />}
      aria-label={t("split_identifier", { name: nameFromIdentifier(identifier) })}
      loading={split.isPending}
      onClick={() => split.mutate(undefined)}
    >
      {t("split")}
    </Button>
  );
}

function Merge({ lrs, page }: { lrs: string; page: PersonPage }) {
  const { t } = useText();
  const navigate = useNavigate();
  const [other, setOther] = useState<Choice | null>(null);
  const merge = useAction((person: string) => mergePeople(lrs, page.person, person), {
    done: t("merge_done"),
    refresh: [["lrs", lrs]],
    then: () => {
      setOther(null);
      void navigate({ to: "/lrs/$lrs/people/$person", params: { lrs, person: page.person } });
    },
  });
  const nameOf = (person: PersonItem) => person.name;
  return (
    <Paper p="md" className="panel">
      <Title order={3} size="h5">
        {t("merge_title")}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t("merge_text")}
      </Text>
      <SuggestField
        label={t("merge_with")}
        placeholder={t("person_placeholder")}
        value={undefined}
        onChange={(_, option) => setOther(option ?? null)}
        query={(text) => peopleSuggestionsQuery(lrs, text)}
        toOption={(person) => ({
          value: person.person,
          label: nameOf(person),
          detail: person.identifiers.map(nameFromIdentifier).join(" · "),
        })}
      />
      <ConfirmDialog
        opened={other !== null}
        title={t("merge_title")}
        text={t("merge_confirm_text", { one: page.name, other: other?.label ?? "" })}
        confirm={t("merge")}
        busy={merge.isPending}
        onConfirm={() => other !== null && merge.mutate(other.value)}
        onClose={() => setOther(null)}
      />
      <Group mt="xs" gap={6} c="dimmed">
        <IconUsersPlus size={16} aria-hidden />
        <Text size="xs">{t("merge_note")}</Text>
      </Group>
    </Paper>
  );
}
