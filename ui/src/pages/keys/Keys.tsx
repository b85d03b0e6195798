// The keys of an LRS and the sources that use them.

import { Alert, Button, SimpleGrid, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { IconKey, IconPlus, IconVolumeOff } from "@tabler/icons-react";

import { keysQuery } from "../../api/lrs";
import { PageHeader } from "../../components/PageHeader";
import { EmptyPanel, ErrorPanel, LoadingRows } from "../../components/States";
import { useText } from "../../i18n/text";
import { KeyCard } from "./KeyCard";
import { NewKeyDialog } from "./NewKeyDialog";

export function Keys() {
  const { t, n } = useText();
  const { lrs } = useParams({ from: "/signed-in/lrs/$lrs/keys" });
  const query = useQuery(keysQuery(lrs));
  const [opened, { open, close }] = useDisclosure(false);
  const silent = query.data?.filter((key) => key.silent && key.revoked === null).length ?? 0;
  return (
    <>
      <PageHeader title={t("nav_keys")} text={t("keys_text")}>
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={open}>
          {t("key_new")}
        </Button>
      </PageHeader>
      <NewKeyDialog lrs={lrs} opened={opened} onClose={close} />
      {silent > 0 && (
        <Alert variant="light" color="yellow" mb="md" icon={<IconVolumeOff aria-hidden />} title={n("keys_silent", silent)}>
          <Text size="sm" c="var(--mantine-color-text)">
            {t("keys_silent_text")}
          </Text>
        </Alert>
      )}
      {query.isPending && <LoadingRows rows={3} height={140} />}
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess &&
        (query.data.length === 0 ? (
          <EmptyPanel icon={<IconKey size={28} />} title={t("keys_none")} text={t("keys_none_text")}>
            <Button onClick={open}>{t("key_new")}</Button>
          </EmptyPanel>
        ) : (
          <SimpleGrid cols={{ base: 1, lg: 2 }}>
            {query.data.map((key) => (
              <KeyCard key={key.key} lrs={lrs} source={key} />
            ))}
          </SimpleGrid>
        ))}
    </>
  );
}
