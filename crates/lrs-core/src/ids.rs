//! Where random bits come from: ids of statements, ids of requests, secrets of keys. The only place that asks the system for them.

use uuid::Uuid;
use xapi::StatementId;

/// A source of random bits; passed in, so that tests are exact.
pub trait IdSource: Send + Sync + std::fmt::Debug {
    /// Fills `bytes` with bits that nobody can predict.
    fn fill(&self, bytes: &mut [u8]);

    /// A random (version 4) UUID.
    fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// The id of a statement that came without one (Data 2.4.1).
    fn statement_id(&self) -> StatementId {
        StatementId(self.uuid())
    }
}

/// The operating system's random bits.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("an operating system that this program runs on has a source of random bits");
    }
}
