//! Who may do what on a server, for people: roles and permissions, sign-in, and every administrative act with its record.
//!
//! [`Administration`] holds the use cases; each checks what its caller may, changes, and writes the audit log in one step.

mod access;
mod acts;
mod audit;
mod credentials;
mod error;
mod failures;
mod keys;
mod learner;
mod lrss;
mod openid;
mod password;
mod people;
mod permission;
mod reset;
mod sign_in;
mod uses;

use std::net::IpAddr;
use std::sync::Arc;

use lrs_store::{Clock, Email, Registry};

pub use access::{Caller, LrsAccess, Via};
pub use acts::Actor;
pub use audit::AuditRequest;
pub use credentials::{CreatedToken, offer_setup};
pub use error::AdministrationError;
pub use keys::{KeyAct, KeyReport, KeyUpdate, act_on_key, create_recorded_key, rotation};
pub use lrss::LrsReport;
pub use openid::{AdmissionError, AdmissionRefusal, AdmissionRules, Given, ProvenIdentity};
pub use people::{AccountRequest, CreatedInvitation};
pub use permission::{Permission, permissions_of};
pub use reset::offer_password_reset;
pub use sign_in::SignedIn;
pub use uses::{KeyUses, UseOfKey};

use crate::IdSource;
use crate::rate::{Rate, RateLimiter};
use failures::NotedFailures;
use password::Passwords;

/// Addresses and accounts whose failed sign-ins are remembered, some 100 bytes each.
const FAILING_MAX: usize = 10_000;

/// Failed sign-ins from one address: a school of people who mistype sits behind one.
const ADDRESS_RATE: Rate = Rate { per_second: 20.0 / 60.0, burst: 20.0 };

/// Failed sign-ins to one account: 40 guesses in an hour find no password worth the name.
const ACCOUNT_RATE: Rate = Rate { per_second: 10.0 / 900.0, burst: 10.0 };

/// How long people stay signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Seconds without a request after which a session is over.
    pub idle_s: u32,
    /// Seconds after which a session is over, whatever happens in it.
    pub total_s: u32,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle_s: 8 * 3_600, total_s: 7 * 86_400 }
    }
}

/// The administrative use cases of one server.
pub struct Administration {
    registry: Arc<dyn Registry>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    uses: Arc<KeyUses>,
    limits: SessionLimits,
    passwords: Passwords,
    failing_addresses: RateLimiter<IpAddr>,
    failing_accounts: RateLimiter<Email>,
    noted_failures: NotedFailures,
}

impl Administration {
    /// The use cases on a registry.
    #[must_use]
    pub fn new(
        registry: Arc<dyn Registry>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        uses: Arc<KeyUses>,
        limits: SessionLimits,
    ) -> Self {
        Self {
            registry,
            clock,
            uses,
            limits,
            passwords: Passwords::new(Arc::clone(&ids)),
            ids,
            failing_addresses: RateLimiter::new(FAILING_MAX),
            failing_accounts: RateLimiter::new(FAILING_MAX),
            noted_failures: NotedFailures::default(),
        }
    }
}
