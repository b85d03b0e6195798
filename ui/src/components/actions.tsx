// Doing something on the server: one hook for its waiting, its success and its failure.

import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { useText } from "../i18n/text";
import { useFailureText } from "./States";
import { TONE } from "./tones";

interface Options<Answer> {
  /** What is said when it went well. */
  done?: string;
  /** Which answers are old now. */
  refresh?: QueryKey[];
  then?: (answer: Answer) => void;
}

export function useAction<Input, Answer>(act: (input: Input) => Promise<Answer>, options: Options<Answer> = {}) {
  const cache = useQueryClient();
  const failureText = useFailureText();
  const { t } = useText();
  const closeButtonProps = { "aria-label": t("close") };
  return useMutation({
    mutationFn: act,
    onSuccess: async (answer) => {
      if (options.done !== undefined) notifications.show({ message: options.done, color: "teal", closeButtonProps });
      options.then?.(answer);
      await Promise.all((options.refresh ?? []).map((queryKey) => cache.invalidateQueries({ queryKey })));
    },
    onError: (error) => notifications.show({ message: failureText(error), color: "red", autoClose: 10_000, closeButtonProps }),
  });
}

interface ConfirmProps {
  opened: boolean;
  title: string;
  text: string;
  confirm: string;
  busy: boolean;
  disabled?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode;
}

/** Asks before something that cannot be undone by pressing the same button again. */
export function ConfirmDialog(props: ConfirmProps) {
  const { t } = useText();
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title} centered closeButtonProps={{ "aria-label": t("close") }}>
      <Stack>
        <Text size="sm" className="wrap">
          {props.text}
        </Text>
        {props.children}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={props.onClose}>
            {t("cancel")}
          </Button>
          <Button color={TONE.bad} loading={props.busy} disabled={props.disabled ?? false} onClick={props.onConfirm}>
            {props.confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
