// The letters of a name in a circle, for rows of lists: there are many, and this is lighter than the library's component.

import { initialsOf } from "../lib/names";
import styles from "./Rows.module.css";

export function Initials({ name }: { name: string }) {
  return (
    <span aria-hidden className={styles["initials"]}>
      {initialsOf(name)}
    </span>
  );
}
