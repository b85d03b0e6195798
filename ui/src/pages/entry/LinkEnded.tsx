// A one-time link that opens nothing: it is not complete, was used, or its time is over. Says why, and what can be done instead.

import { Stack, Text } from "@mantine/core";

import { ApiFailure } from "../../api/client";
import { ButtonLink } from "../../components/links";
import { FailureAlert } from "../../components/States";
import { useText } from "../../i18n/text";

interface Props {
  /** Why it opens nothing. */
  reason: string;
  /** How to get another one. */
  advice: string;
}

export function LinkEnded({ reason, advice }: Props) {
  const { t } = useText();
  return (
    <Stack>
      <FailureAlert text={reason} />
      <Text size="sm">{advice}</Text>
      <ButtonLink to="/sign-in" fullWidth variant="default">
        {t("sign_in")}
      </ButtonLink>
    </Stack>
  );
}

/** Whether the server says that a link is not valid any more. */
export function isStaleLink(error: unknown): boolean {
  return error instanceof ApiFailure && error.code === "stale_link";
}
