// One number with its name.

import { Paper, Text } from "@mantine/core";
import type { ReactNode } from "react";

export function Figure({ label, value, detail }: { label: string; value: ReactNode; detail?: ReactNode }) {
  return (
    <Paper p="md" className="panel">
      <Text size="xs" c="dimmed" fw={500}>
        {label}
      </Text>
      <Text fz={22} fw={650} lh={1.3} className="wrap">
        {value}
      </Text>
      {detail !== undefined && (
        <Text size="xs" c="dimmed" component="div">
          {detail}
        </Text>
      )}
    </Paper>
  );
}
