//! The file of `--openid`: OpenID providers whose people may sign in to the web app. A file of its own, since it names secrets.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use lrs_core::{AdmissionRules, Given, Secret};
use lrs_http::OpenIdProvider;
use lrs_store::{LrsName, Role};
use serde::Deserialize;

use crate::trust::{client_builder, read_certificates};

/// A provider answers within this, or the sign-in page says that it does not.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: Vec<Provider>,
}

/// One `[[provider]]`; the example in `docs/` explains each member.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    id: String,
    label: String,
    issuer: String,
    client_id: String,
    client_secret_file: Option<PathBuf>,
    client_secret_variable: Option<String>,
    #[serde(default = "default_scopes")]
    scopes: Vec<String>,
    roles_claim: Option<String>,
    #[serde(default = "default_new_accounts")]
    new_accounts: bool,
    #[serde(default)]
    link_by_email: bool,
    ca_certificate: Option<PathBuf>,
    #[serde(default)]
    role: Vec<RoleRule>,
}

/// One `[[provider.role]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleRule {
    value: String,
    lrs: Option<String>,
    role: Option<String>,
    #[serde(default)]
    owns_server: bool,
}

fn default_scopes() -> Vec<String> {
    ["email", "profile"].map(str::to_owned).into()
}

fn default_new_accounts() -> bool {
    true
}

/// Reads the file.
///
/// # Errors
/// Which member of the file is wrong and what to write instead; which secret cannot be read.
pub fn read_providers(path: &Path) -> anyhow::Result<Vec<OpenIdProvider>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let providers = parse_providers(&text, path.parent().unwrap_or(Path::new(".")));
    providers.with_context(|| format!("in the file of OpenID providers {}", path.display()))
}

/// Parses the text of the file, whose own paths begin in `folder`.
fn parse_providers(text: &str, folder: &Path) -> anyhow::Result<Vec<OpenIdProvider>> {
    let File { provider } = toml::from_str(text)?;
    let ids: Vec<String> = provider.iter().map(|it| it.id.clone()).collect();
    if let Some(id) = ids.iter().enumerate().find_map(|(at, id)| ids[..at].contains(id).then_some(id)) {
        bail!("two providers have the id {id:?}");
    }
    provider.into_iter().map(|it| read_provider(it, folder)).collect()
}

fn read_provider(it: Provider, folder: &Path) -> anyhow::Result<OpenIdProvider> {
    let name = it.id.clone();
    check_provider(&it).with_context(|| format!("provider {name:?}"))?;
    let rules = AdmissionRules {
        new_accounts: it.new_accounts,
        link_by_email: it.link_by_email,
        roles: it
            .role
            .iter()
            .map(read_rule)
            .collect::<anyhow::Result<_>>()
            .with_context(|| format!("provider {name:?}"))?,
    };
    let trusted = match &it.ca_certificate {
        Some(path) => read_certificates(&folder.join(path))?,
        None => Vec::new(),
    };
    let http = client_builder(&trusted).redirect(reqwest::redirect::Policy::none()).timeout(REQUEST_TIMEOUT).build()?;
    Ok(OpenIdProvider {
        client_secret: read_secret(&it, folder).with_context(|| format!("provider {name:?}"))?,
        id: it.id,
        label: it.label,
        issuer: it.issuer,
        client_id: it.client_id,
        scopes: it.scopes,
        roles_claim: it.roles_claim,
        rules,
        http,
    })
}

fn check_provider(it: &Provider) -> anyhow::Result<()> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    ensure!(!it.id.is_empty() && it.id.chars().all(is_plain), "`id` is a name of letters, digits, `-` and `_`");
    ensure!(!it.label.trim().is_empty(), "`label` is what the button says");
    let on_this_machine = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_safe = it.issuer.starts_with("https://") || on_this_machine.iter().any(|start| it.issuer.starts_with(start));
    ensure!(is_safe, "`issuer` begins with https://, since whoever can change its answers can sign in as anybody");
    ensure!(
        it.role.is_empty() || it.roles_claim.is_some(),
        "`roles_claim` says which claim the roles come from; it is missing"
    );
    ensure!(
        it.client_secret_file.is_none() || it.client_secret_variable.is_none(),
        "give `client_secret_file` or `client_secret_variable`, not both"
    );
    Ok(())
}

fn read_rule(it: &RoleRule) -> anyhow::Result<(String, Given)> {
    let given = match (&it.lrs, &it.role, it.owns_server) {
        (None, None, true) => Given::Server,
        (Some(lrs), Some(role), false) => {
            let Some(name) = LrsName::parse(lrs) else { bail!("{lrs:?} is not the name of an LRS") };
            let Some(role) = Role::parse(role) else {
                bail!("there is no role {role:?}: use one of {}", Role::NAMES.map(|(_, name)| name).join(", "))
            };
            Given::Role(name, role)
        }
        _ => bail!("a role has `lrs` and `role`, or `owns_server = true`"),
    };
    Ok((it.value.clone(), given))
}

fn read_secret(it: &Provider, folder: &Path) -> anyhow::Result<Option<Secret>> {
    let secret = if let Some(path) = &it.client_secret_file {
        let path = folder.join(path);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?
    } else if let Some(variable) = &it.client_secret_variable {
        std::env::var(variable).with_context(|| format!("the secret should be in the variable {variable}"))?
    } else {
        return Ok(None);
    };
    let secret = secret.trim_end_matches(['\r', '\n']);
    ensure!(!secret.is_empty(), "the client's secret is empty");
    Ok(Some(Secret::from(secret.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "[[provider]]\nid = \"school\"\nlabel = \"School\"\nissuer = \"https://login.example.org\"\nclient_id = \"lyceum\"\n";

    #[track_caller]
    fn check_refused(more: &str, word: &str) {
        let error = parse_providers(&format!("{LEAST}{more}"), Path::new(".")).expect_err("it is wrong");
        assert!(format!("{error:#}").contains(word), "{error:#}");
    }

    #[test]
    fn the_example_is_a_file_of_providers() {
        let folder = tempfile::tempdir().expect("there is room");
        std::fs::write(folder.path().join("school.secret"), "s3cret\n").expect("there is room");
        let example = include_str!("../../../docs/openid.example.toml");
        let providers = parse_providers(example, folder.path()).expect("the example is right");
        let [school] = &providers[..] else { panic!("one provider: {providers:?}") };
        assert_eq!(school.client_secret.as_ref().map(Secret::expose), Some("s3cret"));
        assert_eq!(school.rules.roles.len(), 3);
        assert!(!format!("{school:?}").contains("s3cret"));
    }

    #[test]
    fn wrong_files_say_what_to_write() {
        assert!(parse_providers(LEAST, Path::new(".")).is_ok());
        check_refused(LEAST, "two providers");
        check_refused("colour = 1", "unknown field `colour`");
        check_refused("client_secret_file = \"missing\"", "cannot read ./missing");
        check_refused("client_secret_variable = \"LYCEUM_NOWHERE\"", "LYCEUM_NOWHERE");
        check_refused("[[provider.role]]\nvalue = \"a\"\nlrs = \"default\"\nrole = \"viewer\"", "roles_claim");
        let with_claim = |rule: &str| format!("roles_claim = \"groups\"\n[[provider.role]]\nvalue = \"a\"\n{rule}");
        check_refused(&with_claim("lrs = \"default\"\nrole = \"king\""), "analyst");
        check_refused(&with_claim("lrs = \"a b\"\nrole = \"viewer\""), "not the name of an LRS");
        check_refused(&with_claim("role = \"viewer\""), "`lrs` and `role`");
        let plain = LEAST.replace("https://", "http://");
        let error = parse_providers(&plain, Path::new(".")).expect_err("it is wrong");
        assert!(format!("{error:#}").contains("https://"), "{error:#}");
    }
}
