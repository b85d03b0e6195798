//! Passwords: argon2id, off the threads that answer requests, few at a time.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash as Parsed, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use lrs_store::{PasswordHash, StoreError};
use tokio::sync::{OnceCell, Semaphore};

use super::error::AdministrationError;
use crate::{IdSource, Rule, offload};

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes at one time: each takes [`MEMORY_KIB`] and a core for some 20 ms.
const HASHES_MAX: usize = 2;

/// NIST SP 800-63B, 3.1.1.2 asks for 8 at least and 64 at most or more.
const CHARACTERS_MIN: usize = 10;
const BYTES_MAX: usize = 1_024;

/// Makes and compares hashes of passwords.
pub(super) struct Passwords {
    ids: Arc<dyn IdSource>,
    places: Semaphore,
    /// The hash of a password that nobody has: an unknown address costs the same time as a known one.
    decoy: OnceCell<PasswordHash>,
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("these parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Refuses a password that is too short, too long, or the person's own address or name.
pub(super) fn check_new(password: &str, email: &str, name: &str) -> Result<(), AdministrationError> {
    let lower = password.to_lowercase();
    let known = [email, email.split('@').next().unwrap_or_default(), name].map(str::to_lowercase);
    if password.chars().count() < CHARACTERS_MIN || password.len() > BYTES_MAX {
        return Err(Rule::PasswordLength { min: CHARACTERS_MIN, max_bytes: BYTES_MAX }.into());
    }
    let repeated = password.chars().all(|c| password.starts_with(c));
    if repeated || known.contains(&lower) {
        return Err(Rule::PasswordUnguessable.into());
    }
    Ok(())
}

impl Passwords {
    pub(super) fn new(ids: Arc<dyn IdSource>) -> Self {
        Self { ids, places: Semaphore::new(HASHES_MAX), decoy: OnceCell::new() }
    }

    /// Makes the hash of a new password.
    pub(super) async fn hash(&self, password: &str) -> Result<PasswordHash, StoreError> {
        let mut salt = [0; 16];
        self.ids.fill(&mut salt);
        let password = password.to_owned();
        let hash = move || {
            let salt = SaltString::encode_b64(&salt)?;
            argon2().hash_password(password.as_bytes(), &salt).map(|hash| PasswordHash(hash.to_string()))
        };
        let _place = self.places.acquire().await.expect("the semaphore is never closed");
        offload::run(true, hash)
            .await
            .map_err(|error| StoreError::Internal { operation: "hash a password", source: error.to_string().into() })
    }

    /// Whether a password has this hash. Without one it takes as long, and says no.
    pub(super) async fn verify(&self, password: &str, hash: Option<&PasswordHash>) -> Result<bool, StoreError> {
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash.clone(),
            None => self.decoy.get_or_try_init(|| self.hash("decoy")).await?.clone(),
        };
        if password.len() > BYTES_MAX {
            return Ok(false);
        }
        let password = password.to_owned();
        let _place = self.places.acquire().await.expect("the semaphore is never closed");
        let same = move || match Parsed::new(&hash.0) {
            Ok(parsed) => Ok(argon2().verify_password(password.as_bytes(), &parsed).is_ok()),
            Err(error) => Err(StoreError::Corrupt { place: "account.password".to_owned(), reason: error.to_string() }),
        };
        Ok(offload::run(true, same).await? && known)
    }
}
