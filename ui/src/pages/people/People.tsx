// Finding a learner by name, mailbox or account, without typing it exactly.

import { Paper } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { IconUserOff } from "@tabler/icons-react";

import { peopleQuery } from "../../api/learning";
import type { PersonItem } from "../../api/types";
import { Initials } from "../../components/Initials";
import { MoreRows } from "../../components/MoreRows";
import { PageHeader } from "../../components/PageHeader";
import { SearchBox } from "../../components/SearchBox";
import { EmptyPanel, ErrorPanel, LoadingRows } from "../../components/States";
import { AgoOrNever } from "../../components/Time";
import { useText } from "../../i18n/text";
import { nameFromIdentifier } from "../../lib/names";
import { useRowKeys } from "../../lib/useRowKeys";
import styles from "../../components/Rows.module.css";

const FROM = "/signed-in/lrs/$lrs/people";
const ROWS_MAX = 300;

export function People() {
  const { t } = useText();
  const { lrs } = useParams({ from: FROM });
  const { text = "" } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: "/lrs/$lrs/people" });
  return (
    <>
      <PageHeader title={t("nav_people")} text={t("people_text")} />
      <Paper p="sm" mb="md" className="panel" role="search" aria-label={t("search_people")}>
        <SearchBox
          label={t("search_people")}
          text={text}
          onSearch={(next) => void navigate({ search: next === undefined ? {} : { text: next }, replace: true })}
        />
      </Paper>
      <PeopleList lrs={lrs} text={text} />
    </>
  );
}

function PeopleList({ lrs, text }: { lrs: string; text: string }) {
  const { t } = useText();
  const query = useInfiniteQuery(peopleQuery(lrs, text));
  const list = useRowKeys<HTMLUListElement>();
  if (query.isPending) return <LoadingRows />;
  if (query.isError) return <ErrorPanel error={query.error} retry={() => void query.refetch()} />;
  const people = query.data.pages.flatMap((page) => page.items);
  if (people.length === 0) {
    const nothing = text === "" ? (["people_none", "people_none_text"] as const) : (["people_not_found", "people_not_found_text"] as const);
    return <EmptyPanel icon={<IconUserOff size={28} />} title={t(nothing[0])} text={t(nothing[1])} />;
  }
  return (
    <>
      <ul ref={list} className={styles["list"]} aria-label={t("nav_people")}>
        {people.map((person) => (
          <PersonRow key={person.person} lrs={lrs} person={person} />
        ))}
      </ul>
      <MoreRows rows={people.length} rowsMax={ROWS_MAX} advice={t("people_narrow")} query={query} />
    </>
  );
}

function PersonRow({ lrs, person }: { lrs: string; person: PersonItem }) {
  const { n } = useText();
  return (
    <li>
      <Link to="/lrs/$lrs/people/$person" params={{ lrs, person: person.person }} className={styles["row"]} data-row>
        <Initials name={person.name} />
        <span className={styles["main"]}>
          <span className={styles["name"]}>{person.name}</span>
          <span className={styles["detail"]}>{person.identifiers.map(nameFromIdentifier).join(" · ")}</span>
        </span>
        <span className={styles["facts"]}>
          <span>{n("statements", person.statements)}</span>
          <AgoOrNever time={person.last_seen} />
        </span>
      </Link>
    </li>
  );
}
