// Sign-in by password or by an OpenID provider.

import { Alert, Anchor, Button, Divider, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { IconLogin2, IconTerminal2 } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";

import { addressOf } from "../../api/client";
import { setupQuery, signIn, signInOptionsQuery } from "../../api/session";
import { FailureAlert, useFailureText } from "../../components/States";
import { useText } from "../../i18n/text";
import { isOwnPath } from "../../lib/paths";
import { EntryFrame } from "./EntryFrame";

/** Why a provider signed nobody in, by the code that the server adds to the address. */
const PROVIDER_ERRORS = [
  "denied",
  "disabled",
  "email_taken",
  "expired",
  "failed",
  "no_account",
  "no_email",
  "no_role",
  "setup_first",
  "unavailable",
] as const;

function providerErrorText(code: string) {
  return `sign_in_provider_${PROVIDER_ERRORS.find((known) => known === code) ?? "failed"}` as const;
}

export function SignIn() {
  const { t } = useText();
  const { return_to: wanted, error: providerError } = useSearch({ from: "/sign-in" });
  // The router keeps what it does not know of an address, so this is asked here and not only where the address is read.
  const returnTo = isOwnPath(wanted) ? wanted : "/";
  const { data: options } = useQuery(signInOptionsQuery);
  const { data: setup } = useQuery(setupQuery);
  return (
    <EntryFrame title={t("sign_in_title")} text={t("sign_in_text")}>
      <Stack>
        {setup?.needed === true && (
          <Alert role="note" variant="light" color="lyceum" icon={<IconTerminal2 aria-hidden />} title={t("setup_needed")}>
            <Text size="sm" c="var(--mantine-color-text)">
              {t("setup_needed_text")}
            </Text>
          </Alert>
        )}
        {providerError !== undefined && <FailureAlert text={t(providerErrorText(providerError))} />}
        {options?.password !== false && <PasswordForm returnTo={returnTo} />}
        {options !== undefined && options.openid.length > 0 && (
          <>
            {options.password && <Divider label={t("or")} />}
            {options.openid.map((provider) => (
              <Button
                key={provider.id}
                component="a"
                variant="default"
                href={addressOf("/api/v1/openid/{provider}/start", { path: { provider: provider.id }, query: { return_to: returnTo } })}
              >
                {t("sign_in_with", { provider: provider.label })}
              </Button>
            ))}
          </>
        )}
        <Text size="xs" c="dimmed" ta="center">
          {t("password_forgotten")}
        </Text>
        <Anchor href="/docs" size="xs" ta="center" underline="always">
          {t("api_reference")}
        </Anchor>
      </Stack>
    </EntryFrame>
  );
}

function PasswordForm({ returnTo }: { returnTo: string }) {
  const { t } = useText();
  const navigate = useNavigate();
  const failureText = useFailureText();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const enter = useMutation({
    mutationFn: () => signIn(email, password),
    onSuccess: () => navigate({ href: returnTo }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {enter.error && <FailureAlert text={failureText(enter.error)} />}
        <TextInput
          label={t("email")}
          type="email"
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          required
          withAsterisk={false}
        />
        <PasswordInput
          label={t("password")}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": t("show_password") }}
          required
          withAsterisk={false}
        />
        <Button type="submit" loading={enter.isPending} leftSection={<IconLogin2 size={18} aria-hidden />}>
          {t("sign_in")}
        </Button>
      </Stack>
    </form>
  );
}
