// One key: what it may, how it is used, and what can be done with it.

import { Badge, Code, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ButtonLink } from "../../components/links";

import type { Key } from "../../api/types";
import { CopyIcon } from "../../components/Copy";
import { AgoOrNever, Instant, useIsOver } from "../../components/Time";
import { useText } from "../../i18n/text";
import { formatNumber } from "../../lib/format";
import { EditKey } from "./EditKey";
import { RevokeKey } from "./RevokeKey";
import { RotateKey } from "./RotateKey";
import { TONE } from "../../components/tones";

export function KeyCard({ lrs, source }: { lrs: string; source: Key }) {
  const { t, language } = useText();
  const revoked = source.revoked !== null;
  const oldSecretIsOver = useIsOver(source.old_secret_until);
  return (
    <Paper p="md" className="panel" component="article" aria-label={source.label}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <div style={{ minWidth: 0 }}>
            <Title order={2} size="h5" className="wrap">
              {source.label === "" ? t("key_unnamed") : source.label}
            </Title>
            <Group gap={4} wrap="nowrap">
              <Code className="wrap">{source.key}</Code>
              <CopyIcon text={source.key} label={t("copy_value", { name: t("key") })} />
            </Group>
          </div>
          <KeyState source={source} />
        </Group>
        <Group gap={6}>
          {source.scopes.map((scope) => (
            <Badge key={scope} variant="default" tt="none" fw={500}>
              {scope}
            </Badge>
          ))}
        </Group>
        <SimpleGrid cols={{ base: 2, xs: 3 }} spacing="xs" verticalSpacing="xs">
          <Small label={t("key_last_used")} value={<AgoOrNever time={source.last_used} />} />
          <Small label={t("key_client")} value={source.last_client ?? "–"} />
          <Small label={t("figure_statements")} value={formatNumber(language, source.statements)} />
          <Small
            label={t("key_refused")}
            value={
              source.refused > 0 ? (
                <Link to="/lrs/$lrs/refusals" params={{ lrs }} search={{ key: source.key }}>
                  {formatNumber(language, source.refused)}
                </Link>
              ) : (
                "0"
              )
            }
          />
          <Small
            label={t("key_limit")}
            value={source.requests_per_second_max === null ? t("unlimited") : t("per_second", { count: source.requests_per_second_max })}
          />
          <Small label={t("key_expires")} value={source.expires === null ? t("never") : <Instant time={source.expires} />} />
        </SimpleGrid>
        {source.old_secret_until !== null && !oldSecretIsOver && !revoked && (
          <Text size="sm" c="dimmed" component="div">
            {t("key_old_secret")} <Instant time={source.old_secret_until} />
          </Text>
        )}
        {!revoked && (
          <Group gap="xs">
            <EditKey lrs={lrs} source={source} />
            <RotateKey lrs={lrs} source={source} />
            <RevokeKey lrs={lrs} source={source} />
            <ButtonLink
              to="/lrs/$lrs/refusals"
              params={{ lrs }}
              search={{ key: source.key }}
              variant="subtle"
              size="xs"
            >
              {t("key_show_refused")}
            </ButtonLink>
          </Group>
        )}
      </Stack>
    </Paper>
  );
}

function KeyState({ source }: { source: Key }) {
  const { t } = useText();
  const isExpired = useIsOver(source.expires);
  if (source.revoked !== null) return <Badge miw="fit-content" color={TONE.bad}>{t("key_revoked")}</Badge>;
  if (isExpired) return <Badge miw="fit-content" color={TONE.bad}>{t("key_expired")}</Badge>;
  if (source.silent) return <Badge miw="fit-content" color={TONE.warning}>{t("key_silent")}</Badge>;
  if (source.last_used === null) return <Badge miw="fit-content" color={TONE.neutral}>{t("key_unused")}</Badge>;
  return <Badge miw="fit-content" color={TONE.good}>{t("key_active")}</Badge>;
}

function Small({ label, value }: { label: string; value: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="sm" component="div" className="wrap" lineClamp={2}>
        {value}
      </Text>
    </div>
  );
}
