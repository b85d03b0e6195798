//! The first start of a data folder: an LRS named `default`, one key that may do everything, and the words that show how
//! to use them.

use std::fmt::Write as _;

use anyhow::Context as _;
use lrs_core::{Actor, CreatedKey, IdSource, KeyRequest, Secret, create_recorded_key, offer_setup, run_alone};
use lrs_store::{LeaseHolder, LrsName, Registry, Scope};
use tokio_util::sync::CancellationToken;
use xapi::Timestamp;

/// The LRS that exists from the start.
const FIRST_LRS: &str = "default";

/// The key that a first start made, to be shown once, and the link for the first account.
pub struct FirstKey {
    key: CreatedKey,
    setup: Option<Secret>,
}

/// Makes the LRS `default` in a folder without LRSs.
///
/// # Errors
/// What the registry says.
pub async fn ensure_first_lrs(registry: &dyn Registry) -> anyhow::Result<()> {
    if registry.list_lrss().await?.is_empty() {
        registry.create_lrs(&first_lrs()).await.context("cannot create the LRS `default`")?;
    }
    Ok(())
}

/// Makes what a data folder without LRSs needs. Also makes a key when `default` never had one: then an earlier first
/// start did not get that far. Of several processes that start at once, one does it while the others wait.
///
/// # Errors
/// What the registry says.
pub async fn prepare_first_start(
    registry: &dyn Registry,
    ids: &dyn IdSource,
    now: Timestamp,
) -> anyhow::Result<Option<FirstKey>> {
    if is_prepared(registry).await? {
        return Ok(None);
    }
    let (holder, never) = (LeaseHolder(ids.uuid()), CancellationToken::new());
    run_alone(registry, "first start", holder, &never, || make_first_key(registry, ids, now)).await.unwrap_or(Ok(None))
}

/// Whether there is an LRS, and `default` has a key if it is one of them.
async fn is_prepared(registry: &dyn Registry) -> anyhow::Result<bool> {
    let (name, lrss) = (first_lrs(), registry.list_lrss().await?);
    let is_there = lrss.iter().any(|lrs| lrs.name == name);
    Ok(!lrss.is_empty() && (!is_there || !registry.list_keys(Some(&name)).await?.is_empty()))
}

async fn make_first_key(
    registry: &dyn Registry,
    ids: &dyn IdSource,
    now: Timestamp,
) -> anyhow::Result<Option<FirstKey>> {
    if is_prepared(registry).await? {
        return Ok(None);
    }
    ensure_first_lrs(registry).await?;
    let name = first_lrs();
    let request = KeyRequest {
        lrs: name,
        scopes: vec![Scope::All],
        label: "first key".to_owned(),
        home_page: None,
        expires: None,
        requests_per_second_max: None,
    };
    let setup = offer_setup(registry, ids, now, &Actor::server()).await.context("cannot offer the first account")?;
    let created = create_recorded_key(registry, ids, (now, &Actor::server()), request).await;
    let key = created.context("cannot create the first key")?;
    Ok(Some(FirstKey { key, setup }))
}

fn first_lrs() -> LrsName {
    LrsName::parse(FIRST_LRS).expect("`default` is a name of lower-case letters")
}

/// The address at which the first account is made. The secret stands behind the number sign, which browsers send to no server.
#[must_use]
pub fn setup_link(base: &str, secret: &Secret) -> String {
    format!("{base}/setup#token={}", secret.expose())
}

impl FirstKey {
    /// The block that a first start prints, of a server whose root is `base`. The `curl` line works when pasted. `place`: the
    /// arguments that lead commands to the same place.
    #[must_use]
    pub fn describe(&self, base: &str, place: &str) -> String {
        let endpoint = format!("{base}/xapi");
        let key = &self.key.key.key.id.0;
        let secret = self.key.secret.expose();
        let statement = r#"{"actor":{"name":"Sally","mbox":"mailto:sally@example.org"},"verb":{"id":"http://adlnet.gov/expapi/verbs/experienced","display":{"en":"experienced"}},"object":{"id":"https://example.org/first-steps"}}"#;
        let mut text = String::new();
        let _infallible = write!(
            text,
            "This is the first start: there is now an LRS, and a key that may do everything in it.

    Endpoint  {endpoint}
    LRS       {FIRST_LRS}
    Key       {key}
    Secret    {secret}

The secret is shown this once. Write it down, or make another key: lyceum key create{place} --scope all
Store a first statement by pasting this line into another terminal:

curl -sS -u '{key}:{secret}' -H 'X-Experience-API-Version: 1.0.3' -H 'Content-Type: application/json' -d '{statement}' {endpoint}/statements

"
        );
        if let Some(setup) = &self.setup {
            let link = setup_link(base, setup);
            let _infallible = write!(
                text,
                "Open this link in a browser to make the first account, which owns the server. It works once:

    {link}

If it gets lost: lyceum account link{place}

"
            );
        }
        text
    }
}
