// The start of the app: styles, the providers, the router.

import "./app/styles";

import { MantineProvider, localStorageColorSchemeManager } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { queryClient } from "./api/queries";
import { router } from "./app/router";
import { cssVariables, theme } from "./app/theme";
import { TextProvider } from "./i18n/text";

const colorScheme = localStorageColorSchemeManager({ key: "lyceum-color-scheme" });

/** The server puts a fresh nonce into every page; styles made at run time are let in by it. */
function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
}

// The library that keeps the page still behind a dialog makes a style of its own.
setNonce(styleNonce());

const place = document.getElementById("root");
if (place === null) throw new Error("index.html has an element with the id root");

createRoot(place).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colorScheme}
      cssVariablesResolver={cssVariables}
      getStyleNonce={styleNonce}
    >
      <QueryClientProvider client={queryClient}>
        <TextProvider>
          <Notifications position="bottom-right" />
          <RouterProvider router={router} />
        </TextProvider>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
