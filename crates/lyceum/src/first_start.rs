//! The first start of a data folder: an LRS named `default`, one key that may do everything, and the words that show how
//! to use them.

use std::fmt::Write as _;

use anyhow::Context as _;
use lrs_core::{CreatedKey, IdSource, KeyRequest, create_key};
use lrs_store::{LrsName, Registry, Scope};

/// The LRS that exists from the start.
const FIRST_LRS: &str = "default";

/// The key that a first start made, to be shown once.
pub struct FirstKey(CreatedKey);

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
/// start did not get that far.
///
/// # Errors
/// What the registry says.
pub async fn prepare_first_start(registry: &dyn Registry, ids: &dyn IdSource) -> anyhow::Result<Option<FirstKey>> {
    ensure_first_lrs(registry).await?;
    let name = first_lrs();
    let exists = registry.list_lrss().await?.iter().any(|lrs| lrs.name == name);
    if !exists || !registry.list_keys(Some(&name)).await?.is_empty() {
        return Ok(None);
    }
    let request = KeyRequest {
        lrs: name,
        scopes: vec![Scope::All],
        label: "first key".to_owned(),
        home_page: None,
        expires: None,
        requests_per_second_max: None,
    };
    Ok(Some(FirstKey(create_key(registry, ids, request).await.context("cannot create the first key")?)))
}

fn first_lrs() -> LrsName {
    LrsName::parse(FIRST_LRS).expect("`default` is a name of lower-case letters")
}

impl FirstKey {
    /// The block that a first start prints. The `curl` line works when pasted.
    #[must_use]
    pub fn describe(&self, endpoint: &str) -> String {
        let key = &self.0.key.key.id.0;
        let secret = self.0.secret.expose();
        let statement = r#"{"actor":{"name":"Sally","mbox":"mailto:sally@example.org"},"verb":{"id":"http://adlnet.gov/expapi/verbs/experienced","display":{"en":"experienced"}},"object":{"id":"https://example.org/first-steps"}}"#;
        let mut text = String::new();
        let _infallible = write!(
            text,
            "This is the first start: there is now an LRS, and a key that may do everything in it.

    Endpoint  {endpoint}
    LRS       {FIRST_LRS}
    Key       {key}
    Secret    {secret}

The secret is shown this once. Write it down, or make another key with `lyceum key create`.
Store a first statement by pasting this line into another terminal:

curl -sS -u '{key}:{secret}' -H 'X-Experience-API-Version: 1.0.3' -H 'Content-Type: application/json' -d '{statement}' {endpoint}/statements

"
        );
        text
    }
}
