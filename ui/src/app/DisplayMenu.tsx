// How the app looks and speaks: light or dark, and the language.

import { ActionIcon, Menu, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { IconCheck, IconDeviceDesktop, IconLanguage, IconMoon, IconSun } from "@tabler/icons-react";

import { useText } from "../i18n/text";
import { LANGUAGES, type Language } from "../lib/language";

const SCHEMES: { scheme: MantineColorScheme; icon: typeof IconSun; name: "scheme_light" | "scheme_dark" | "scheme_auto" }[] = [
  { scheme: "light", icon: IconSun, name: "scheme_light" },
  { scheme: "dark", icon: IconMoon, name: "scheme_dark" },
  { scheme: "auto", icon: IconDeviceDesktop, name: "scheme_auto" },
];

export function DisplayMenu() {
  const { t, language, chooseLanguage } = useText();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const check = <IconCheck size={16} aria-hidden />;
  return (
    <Menu position="bottom-end" width={220} shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("display_menu")}>
          <IconLanguage size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label c="dimmed">{t("appearance")}</Menu.Label>
        {SCHEMES.map(({ scheme, icon: Icon, name }) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon size={16} aria-hidden />}
            rightSection={colorScheme === scheme ? check : null}
            onClick={() => setColorScheme(scheme)}
          >
            {t(name)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label c="dimmed">{t("language")}</Menu.Label>
        {(Object.keys(LANGUAGES) as Language[]).map((code) => (
          <Menu.Item key={code} lang={code} rightSection={language === code ? check : null} onClick={() => chooseLanguage(code)}>
            {LANGUAGES[code]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
