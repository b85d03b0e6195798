//! What follows the log, and what may be lost: sorted keys and values beside an LRS.
//!
//! A view is made by a follower from the log alone, and can be cleared and made again. Keys and values are bytes, so that what they
//! mean is decided once, above the backends, and every backend answers alike. Never part of a backup.

use async_trait::async_trait;

use crate::{Order, Seq, StoreError};

/// Which view. Each has keys and a position of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum View {
    /// Search, people and activities: a function of the log.
    Directory = 1,
    /// Requests that were refused lately: not a function of the log, but expendable. A copy of the LRS has them.
    Recorder = 2,
}

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// A run of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// From this key on.
    pub from: Vec<u8>,
    /// Up to this key, itself not included.
    pub to: Vec<u8>,
    /// By key.
    pub order: Order,
    /// At most so many; the caller bounds it.
    pub limit: usize,
}

/// Changes that happen together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewChange {
    /// The view has to be at the first position, and is at the second one then. `None` leaves the position as it is.
    pub step: Option<(Seq, Seq)>,
    /// Entries to write, in any order, each key once.
    pub puts: Vec<Entry>,
    /// Keys to remove; one that is not there is fine.
    pub removes: Vec<Vec<u8>>,
}

/// The views of one LRS. They need not be durable at once: after a crash a view may be at an older position, whole.
///
/// # Errors
/// Every method: [`StoreError::Unavailable`] when the store was closed, or its disk or database is away, full or busy;
/// [`StoreError::Corrupt`] when the database is damaged; [`StoreError::Internal`] for a defect. Views are written by a
/// process that only reads, too.
#[async_trait]
pub trait Views: Send + Sync {
    /// Up to where a view has followed the log; zero for one that is new or was cleared.
    ///
    /// # Errors
    /// Only those of every method.
    async fn position(&self, view: View) -> Result<Seq, StoreError>;

    /// The values of these keys, in their order.
    ///
    /// # Errors
    /// Only those of every method; a key without a value is `None` in its place.
    async fn get(&self, view: View, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// The entries of a run of keys.
    ///
    /// # Errors
    /// Only those of every method.
    async fn scan(&self, view: View, span: Span) -> Result<Vec<Entry>, StoreError>;

    /// Changes a view, all or nothing. `false`: it is not where `step` wants it, and nothing changed, since another process
    /// follows the log too.
    ///
    /// # Errors
    /// Only those of every method.
    async fn change(&self, view: View, change: ViewChange) -> Result<bool, StoreError>;

    /// Removes all of a view; its position is zero then.
    ///
    /// # Errors
    /// Only those of every method.
    async fn clear(&self, view: View) -> Result<(), StoreError>;
}
