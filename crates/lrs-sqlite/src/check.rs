//! Looks for damage.

use lrs_store::{Finding, StoreError};

use crate::SqliteStore;

pub(crate) async fn check(_store: &SqliteStore, _deep: bool) -> Result<Vec<Finding>, StoreError> {
    unimplemented!()
}
