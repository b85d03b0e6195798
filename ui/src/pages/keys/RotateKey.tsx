// A new secret for a key, while the old one goes on working for a time.

import { Button, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconRotate } from "@tabler/icons-react";
import { useState } from "react";

import { rotateKey } from "../../api/lrs";
import type { Key, NewKey } from "../../api/types";
import { useAction } from "../../components/actions";
import { OneTimeSecret } from "../../components/Copy";
import { useText } from "../../i18n/text";

const HOUR_S = 3600;
const GRACE_S = [0, HOUR_S, 24 * HOUR_S, 7 * 24 * HOUR_S] as const;
const GRACE_NAMES = ["grace_none", "grace_hour", "grace_day", "grace_week"] as const;

export function RotateKey({ lrs, source }: { lrs: string; source: Key }) {
  const { t } = useText();
  const [opened, { open, close }] = useDisclosure(false);
  const [made, setMade] = useState<NewKey | null>(null);
  const [grace, setGrace] = useState(String(24 * HOUR_S));
  const rotate = useAction(() => rotateKey(lrs, source.key, Number(grace)), {
    refresh: [["lrs", lrs, "keys"]],
    then: setMade,
  });
  const leave = () => {
    close();
    setMade(null);
  };
  return (
    <>
      <Button size="xs" variant="default" leftSection={<IconRotate size={16} aria-hidden />} onClick={open}>
        {t("key_rotate")}
      </Button>
      <Modal opened={opened} onClose={leave} title={t("key_rotate_title", { name: source.label })} closeButtonProps={{ "aria-label": t("close") }}>
        {made === null ? (
          <Stack>
            <Text size="sm">{t("key_rotate_text")}</Text>
            <Select
              label={t("grace_label")}
              data={GRACE_S.map((seconds, at) => ({ value: String(seconds), label: t(GRACE_NAMES[at] ?? "grace_none") }))}
              value={grace}
              onChange={(value) => setGrace(value ?? "0")}
              allowDeselect={false}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={leave}>
                {t("cancel")}
              </Button>
              <Button loading={rotate.isPending} onClick={() => rotate.mutate(undefined)}>
                {t("key_rotate")}
              </Button>
            </Group>
          </Stack>
        ) : (
          <Stack>
            <OneTimeSecret
              warning={t("secret_warning")}
              values={[
                [t("key"), made.key],
                [t("secret"), made.secret],
              ]}
            />
            <Button onClick={leave}>{t("done")}</Button>
          </Stack>
        )}
      </Modal>
    </>
  );
}
