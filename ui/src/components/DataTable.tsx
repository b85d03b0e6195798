// A table that scrolls sideways inside its panel where the screen is narrow.

import { ScrollArea, Table } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  label: string;
  columns: string[];
  children: ReactNode;
  minWidth?: number;
}

export function DataTable({ label, columns, children, minWidth = 640 }: Props) {
  return (
    <ScrollArea className="panel" type="auto" viewportProps={{ tabIndex: 0, role: "region", "aria-label": label }}>
      <Table miw={minWidth} verticalSpacing="sm" horizontalSpacing="md" aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column, at) => (
              <Table.Th key={column === "" ? at : column} scope="col">
                {column === "" ? <span className="visually-hidden">–</span> : column}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </ScrollArea>
  );
}
