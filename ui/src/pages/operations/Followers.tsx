// What follows the log, and how far each is.

import { Group, Paper, Progress, Stack, Text, Title } from "@mantine/core";

import type { Operations } from "../../api/types";
import { useText } from "../../i18n/text";

export function Followers({ followers }: { followers: Operations["followers"] }) {
  const { t, n } = useText();
  return (
    <Paper p="md" className="panel">
      <Title order={2} size="h5" mb="sm">
        {t("followers_title")}
      </Title>
      <Stack gap="sm">
        {followers.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("followers_none")}
          </Text>
        )}
        {followers.map(({ name, position, log_position: end }) => {
          const share = end === 0 ? 100 : (position / end) * 100;
          return (
            <div key={name}>
              <Group justify="space-between" gap="xs">
                <Text size="sm" fw={500}>
                  {name === "directory" ? t("follower_directory") : name}
                </Text>
                <Text size="xs" c="dimmed">
                  {position >= end ? t("follower_current") : n("follower_behind", end - position)}
                </Text>
              </Group>
              <Progress value={share} mt={4} aria-label={name === "directory" ? t("follower_directory") : name} color={share < 100 ? "yellow" : "teal"} />
            </div>
          );
        })}
      </Stack>
    </Paper>
  );
}
