// Colours, fonts and defaults. Every pair of text and ground has a contrast of 4.5 or more (WCAG 2.2, 1.4.3).

import { Alert, createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const lyceum: MantineColorsTuple = [
  "#e8f6f7",
  "#d4ebed",
  "#a8d7dc",
  "#79c3ca",
  "#53b2bb",
  "#3ba7b1",
  "#1f8e99",
  "#0f7480",
  "#0b5f69",
  "#064951",
];

/** Grounds and texts of the dark appearance, a little blue. */
const dark: MantineColorsTuple = [
  "#d5dde2",
  "#b5c0c7",
  "#94a0a8",
  "#6b7780",
  "#36424a",
  "#2b353c",
  "#1f272c",
  "#14191d",
  "#101518",
  "#0b0f11",
];

export const theme = createTheme({
  colors: { lyceum, dark },
  primaryColor: "lyceum",
  primaryShade: { light: 7, dark: 7 },
  autoContrast: false,
  fontFamily: '"Inter", system-ui, -apple-system, "Segoe UI", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: { fontWeight: "650" },
  defaultRadius: "md",
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Alert: Alert.extend({
      // The bar at its side has the colour of the notice in both appearances.
      vars: ({ primaryColor }, { color }) => ({ root: { "--notice-color": `var(--mantine-color-${color ?? primaryColor}-6)` } as Record<string, string> }),
      defaultProps: { role: "note" },
      classNames: { root: "notice", title: "notice-title", body: "notice-body" } }),
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#4d5761",
    "--mantine-color-placeholder": "#667078",
    "--mantine-color-error": "#c92a2a",
    "--mantine-color-anchor": "#0b5f69",
    "--lyceum-canvas": "#f5f7f8",
    "--lyceum-surface": "#ffffff",
    "--lyceum-border": "#dfe5e8",
    "--lyceum-hover": "#f0f5f6",
    "--lyceum-selected": "#e0f1f3",
  },
  dark: {
    "--mantine-color-dimmed": "#a9b4bc",
    "--mantine-color-placeholder": "#94a0a8",
    "--mantine-color-error": "#ff9b9b",
    "--mantine-color-anchor": "#79c3ca",
    "--mantine-color-body": "#14191d",
    "--lyceum-canvas": "#0f1316",
    "--lyceum-surface": "#171d21",
    "--lyceum-border": "#2a3339",
    "--lyceum-hover": "#1d252a",
    "--lyceum-selected": "#15343a",
  },
});
