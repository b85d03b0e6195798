// The way back to the list that a page belongs to.

import { IconChevronLeft } from "@tabler/icons-react";
import { TextLink } from "./links";

interface Props {
  to: "/lrs/$lrs/people" | "/lrs/$lrs/activities" | "/lrs/$lrs/refusals";
  lrs: string;
  label: string;
}

export function BackLink({ to, lrs, label }: Props) {
  return (
    <TextLink to={to} params={{ lrs }} size="sm" mb="sm" display="inline-flex" style={{ alignItems: "center", gap: 4 }}>
      <IconChevronLeft size={16} aria-hidden />
      {label}
    </TextLink>
  );
}
