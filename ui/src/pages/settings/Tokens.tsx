// Personal access tokens: what a script signs in with.

import { Button, Group, Paper, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { createToken, deleteToken, tokensQuery } from "../../api/administration";
import type { Token } from "../../api/types";
import { useAction } from "../../components/actions";
import { OneTimeSecret } from "../../components/Copy";
import { ErrorPanel, LoadingRows } from "../../components/States";
import { AgoOrNever, Instant } from "../../components/Time";
import { useText } from "../../i18n/text";

const DAY_MS = 86_400_000;
const LIVES = [
  { days: "30", name: "token_30" },
  { days: "90", name: "token_90" },
  { days: "365", name: "token_365" },
  { days: "", name: "token_forever" },
] as const;

export function Tokens() {
  const { t } = useText();
  const query = useQuery(tokensQuery);
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Paper p="md" className="panel" component="section">
      <Title order={2} size="h4">
        {t("tokens")}
      </Title>
      <Text size="sm" c="dimmed" mb="md">
        {t("tokens_text")} <Link to="/docs">{t("api_reference")}</Link>
      </Text>
      <Stack>
        <TokenForm onMade={setSecret} />
        {secret !== null && <OneTimeSecret warning={t("token_warning")} values={[[t("token"), secret]]} />}
        {query.isPending && <LoadingRows rows={2} height={40} />}
        {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
        {query.data?.items.map((token) => (
          <TokenRow key={token.id} token={token} />
        ))}
      </Stack>
    </Paper>
  );
}

function TokenForm({ onMade }: { onMade: (secret: string) => void }) {
  const { t } = useText();
  const [name, setName] = useState("");
  const [days, setDays] = useState<string>("90");
  const create = useAction(
    () => createToken(name, days === "" ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString()),
    {
      refresh: [["tokens"]],
      then: ({ secret }) => {
        setName("");
        onMade(secret);
      },
    },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(undefined);
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="sm">
        <TextInput
          label={t("token_name")}
          placeholder={t("token_name_example")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          withAsterisk={false}
          flex="1 1 200px"
        />
        <Select
          label={t("token_life")}
          data={LIVES.map((life) => ({ value: life.days, label: t(life.name) }))}
          value={days}
          onChange={(value) => setDays(value ?? "")}
          allowDeselect={false}
          w={150}
        />
        <Button type="submit" loading={create.isPending}>
          {t("token_create")}
        </Button>
      </Group>
    </form>
  );
}

function TokenRow({ token }: { token: Token }) {
  const { t } = useText();
  const remove = useAction(() => deleteToken(token.id), { done: t("token_deleted"), refresh: [["tokens"]] });
  return (
    <Group justify="space-between">
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={500} className="wrap">
          {token.name}
        </Text>
        <Text size="xs" c="dimmed" component="div">
          {t("key_last_used")}: <AgoOrNever time={token.last_used} /> · {t("key_expires")}:{" "}
          {token.expires === null ? t("never") : <Instant time={token.expires} />}
        </Text>
      </div>
      <Button
        size="xs"
        variant="default"
        loading={remove.isPending}
        onClick={() => remove.mutate(undefined)}
        aria-label={t("token_delete_name", { name: token.name })}
      >
        {t("delete")}
      </Button>
    </Group>
  );
}
