// Around every page: the link that skips to the content, and a word for screen readers when the page changed.

import { Outlet } from "@tanstack/react-router";

import { useText } from "../i18n/text";

export function Root() {
  const { t } = useText();
  return (
    <>
      <a href="#content" className="skip">
        {t("skip_to_content")}
      </a>
      <Outlet />
    </>
  );
}
