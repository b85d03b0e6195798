// The refused body, to be mended and sent again with the same key's rights.

import { Alert, Button, Group, JsonInput, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleX, IconSend } from "@tabler/icons-react";
import { useMemo, useState } from "react";

import { replayRefusal } from "../../api/running";
import type { Refusal, Replayed } from "../../api/types";
import { useAction } from "../../components/actions";
import { JsonView } from "../../components/JsonView";
import { useText } from "../../i18n/text";
import { layOut } from "../../lib/json";

export function Replay({ lrs, refusal, body }: { lrs: string; refusal: Refusal; body: string }) {
  const { t } = useText();
  const original = useMemo(() => layOut(body), [body]);
  const [edited, setEdited] = useState(original);
  const [answer, setAnswer] = useState<Replayed | null>(null);
  const replay = useAction(() => replayRefusal(lrs, refusal.id, edited), {
    refresh: [
      ["lrs", lrs, "refusals"],
      ["lrs", lrs, "statements"],
    ],
    then: setAnswer,
  });
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t("replay_text")}
      </Text>
      <JsonInput
        label={t("replay_body")}
        value={edited}
        onChange={setEdited}
        validationError={t("replay_not_json")}
        autosize
        minRows={8}
        maxRows={28}
        spellCheck={false}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
      />
      <Group>
        <Button leftSection={<IconSend size={18} aria-hidden />} loading={replay.isPending} onClick={() => replay.mutate(undefined)}>
          {t("replay")}
        </Button>
        <Button variant="default" disabled={edited === original} onClick={() => setEdited(original)}>
          {t("replay_reset")}
        </Button>
      </Group>
      {answer !== null && <Answer answer={answer} />}
    </Stack>
  );
}

function Answer({ answer }: { answer: Replayed }) {
  const { t } = useText();
  const taken = answer.status < 300;
  return (
    <div role="status">
      <Alert
        variant="light"
        color={taken ? "green" : "red"}
        icon={taken ? <IconCircleCheck aria-hidden /> : <IconCircleX aria-hidden />}
        title={taken ? t("replay_taken") : t("replay_refused", { status: answer.status })}
        mb="sm"
      />
      {answer.body !== null && (
        <JsonView text={JSON.stringify(answer.body, null, 2)} label={t("refusal_answer")} height="320px" />
      )}
    </div>
  );
}
