// Activities as a tree, from the parents and groupings that statements name.

import { Paper } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";

import { PageHeader } from "../../components/PageHeader";
import { SearchBox } from "../../components/SearchBox";
import { useText } from "../../i18n/text";
import { ActivityLevel } from "./ActivityLevel";

const FROM = "/signed-in/lrs/$lrs/activities";

export function Activities() {
  const { t } = useText();
  const { lrs } = useParams({ from: FROM });
  const { text } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: "/lrs/$lrs/activities" });
  return (
    <>
      <PageHeader title={t("nav_activities")} text={t("activities_text")} />
      <Paper p="sm" mb="md" className="panel" role="search" aria-label={t("search_activities")}>
        <SearchBox
          label={t("search_activities")}
          text={text ?? ""}
          onSearch={(next) => void navigate({ search: next === undefined ? {} : { text: next }, replace: true })}
        />
      </Paper>
      <ActivityLevel lrs={lrs} asked={text === undefined ? {} : { text }} depth={0} />
    </>
  );
}
