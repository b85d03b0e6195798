// Pairs of a name and a value.

import type { ReactNode } from "react";
import { Fragment } from "react";

import styles from "./Facts.module.css";

export type Fact = [name: string, value: ReactNode];

export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className={styles["facts"]}>
      {facts.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
