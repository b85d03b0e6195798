//! Making keys: secrets of 256 random bits, shown once, kept only as SHA-256.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lrs_store::{Key, KeyId, LrsName, NewKey, Registry, RegistryError, Scope, SecretHash};
use sha2::{Digest, Sha256};
use xapi::Timestamp;

use crate::IdSource;

/// The secret half of a key. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret, to be shown once to whoever asked for the key.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The same secret behind a prefix by which people recognise its kind.
    pub(crate) fn prefixed(self, prefix: &str) -> Self {
        Self(prefix.to_owned() + &self.0)
    }
}

impl From<String> for Secret {
    /// A secret that was agreed on elsewhere.
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a key shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    /// The LRS that it opens.
    pub lrs: LrsName,
    /// What it may do; not empty.
    pub scopes: Vec<Scope>,
    /// A name for people, also the name of its authority; may be empty.
    pub label: String,
    /// `homePage` of its authority's account: an absolute IRI under the operator's control; without one, an address that
    /// can belong to nobody (RFC 2606).
    pub home_page: Option<String>,
    /// After this instant it opens nothing.
    pub expires: Option<Timestamp>,
    /// At most so many requests in a second.
    pub requests_per_second_max: Option<u32>,
}

/// A new key with its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedKey {
    /// The key as the registry keeps it.
    pub key: Key,
    /// Its secret, nowhere else to be had.
    pub secret: Secret,
}

/// The hash under which the registry keeps a secret.
#[must_use]
pub fn hash_secret(secret: &[u8]) -> SecretHash {
    SecretHash(Sha256::digest(secret).into())
}

/// 256 bits that nobody can predict.
pub(crate) fn new_secret(ids: &dyn IdSource) -> Secret {
    let mut bytes = [0; 32];
    ids.fill(&mut bytes);
    let mut secret = URL_SAFE_NO_PAD.encode(bytes);
    // Many command lines would take it for a flag.
    if secret.starts_with('-') {
        secret.replace_range(..1, "A");
    }
    Secret(secret)
}

/// A key with its own authority, an account named like the key (Data 2.4.9), and its secret.
pub(crate) fn new_key(ids: &dyn IdSource, request: KeyRequest) -> (NewKey, Secret) {
    let secret = new_secret(ids);
    let id = KeyId(ids.uuid().simple().to_string());
    let home_page = request.home_page.unwrap_or_else(|| format!("https://lyceum.invalid/lrs/{}", request.lrs));
    let mut authority = serde_json::json!({
        "objectType": "Agent",
        "account": { "homePage": home_page, "name": id.0 },
    });
    if !request.label.is_empty() {
        authority["name"] = request.label.clone().into();
    }
    let key = NewKey {
        id,
        secret: hash_secret(secret.expose().as_bytes()),
        lrs: request.lrs,
        scopes: request.scopes,
        label: request.label,
        authority: authority.to_string(),
        expires: request.expires,
        requests_per_second_max: request.requests_per_second_max,
    };
    (key, secret)
}

/// Makes a key.
///
/// # Errors
/// Those of [`Registry::create_key`].
pub async fn create_key(
    registry: &dyn Registry,
    ids: &dyn IdSource,
    request: KeyRequest,
) -> Result<CreatedKey, RegistryError> {
    let (key, secret) = new_key(ids, request);
    let key = registry.create_key(key).await?;
    Ok(CreatedKey { key, secret })
}
