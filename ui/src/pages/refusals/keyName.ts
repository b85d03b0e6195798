// The name that a key was given, for those who may see keys.

import { useQuery } from "@tanstack/react-query";

import { keysQuery } from "../../api/lrs";
import { useMay } from "../../api/session";
import { useText } from "../../i18n/text";

export function useKeyName(lrs: string, key: string): string {
  const { t } = useText();
  const may = useMay(lrs);
  const { data: keys } = useQuery({ ...keysQuery(lrs), enabled: may("manage_keys") });
  if (key === "") return t("refusal_no_key");
  const label = keys?.find((known) => known.key === key)?.label;
  return label === undefined || label === "" ? key : label;
}
