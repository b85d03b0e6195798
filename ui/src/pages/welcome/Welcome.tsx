// Waits for the first statement, and shows how to send it. Turns green the moment it arrives.

import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { IconKey } from "@tabler/icons-react";
import { useEffect, useState } from "react";

import { createKey } from "../../api/lrs";
import { newestStatementQuery } from "../../api/statements";
import type { NewKey } from "../../api/types";
import { useAction } from "../../components/actions";
import { OneTimeSecret } from "../../components/Copy";
import { PageHeader } from "../../components/PageHeader";
import { useText } from "../../i18n/text";
import { Arrival } from "./Arrival";
import type { Connection } from "./snippets";
import { SourceTabs } from "./SourceTabs";

/** Asked this often, an arrival shows at once to a person. */
const POLL_MS = 1500;

export function Welcome() {
  const { t } = useText();
  const { lrs } = useParams({ from: "/signed-in/lrs/$lrs/welcome" });
  const newest = useQuery({ ...newestStatementQuery(lrs), refetchInterval: POLL_MS });
  const arrived = newest.data?.items[0];
  const hasArrived = arrived !== undefined;
  const cache = useQueryClient();
  // A list that was read while there was nothing is old, even when that was a second ago.
  useEffect(() => {
    if (hasArrived) void cache.invalidateQueries({ queryKey: ["lrs", lrs] });
  }, [cache, hasArrived, lrs]);
  const [made, setMade] = useState<NewKey | null>(null);
  const connection: Connection = {
    endpoint: `${window.location.origin}/xapi`,
    key: made?.key ?? t("your_key"),
    secret: made?.secret ?? t("your_secret"),
  };
  return (
    <Stack gap="xl" maw={920}>
      <div>
        <PageHeader title={t("welcome_title")} text={t("welcome_text")} />
        <Arrival lrs={lrs} statement={arrived} />
      </div>
      <section>
        <Title order={2} size="h4" mb="xs">
          1. {t("welcome_step_key")}
        </Title>
        {made === null ? <CreateKey lrs={lrs} onCreated={setMade} /> : <Credentials connection={connection} />}
      </section>
      <section>
        <Title order={2} size="h4" mb="xs">
          2. {t("welcome_step_send")}
        </Title>
        <SourceTabs connection={connection} />
      </section>
    </Stack>
  );
}

function CreateKey({ lrs, onCreated }: { lrs: string; onCreated: (made: NewKey) => void }) {
  const { t } = useText();
  const create = useAction(() => createKey(lrs, { label: t("welcome_key_label"), scopes: ["all"], requests_per_second_max: null, expires: null }), {
    refresh: [["lrs", lrs, "keys"]],
    then: onCreated,
  });
  return (
    <Group>
      <Button leftSection={<IconKey size={18} aria-hidden />} loading={create.isPending} onClick={() => create.mutate(undefined)}>
        {t("welcome_create_key")}
      </Button>
      <Text size="sm" c="dimmed" maw={420}>
        {t("welcome_or_own_key")}
      </Text>
    </Group>
  );
}

function Credentials({ connection }: { connection: Connection }) {
  const { t } = useText();
  return (
    <OneTimeSecret
      warning={t("secret_warning")}
      values={[
        [t("endpoint"), connection.endpoint],
        [t("key"), connection.key],
        [t("secret"), connection.secret],
      ]}
    />
  );
}
