//! Refusals as they are kept, to the byte: for a copy of them in another store.

use lrs_store::{Entry, Order, Span, Store, StoreError, View};

use super::RefusalId;
use super::room::{Age, remove_older, replace};
use crate::directory::after_prefix;

/// Refusals that are read at once to list them: each may have thousands of violations.
const LISTED_AT_ONCE: usize = 64;

/// Which refusal, and the bytes of all that is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedRefusal {
    pub(crate) id: RefusalId,
    pub(crate) size_bytes: usize,
    /// Not an hour of failed authentications, which may be older than requests that have gone already.
    pub(crate) is_request: bool,
}

/// A refusal as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WholeRefusal {
    id: RefusalId,
    /// With which key, when, why, …
    pub(crate) kept: Vec<u8>,
    pub(crate) body: Option<Vec<u8>>,
}

impl WholeRefusal {
    /// Its place among all: the newest first.
    pub(crate) fn place(&self) -> &[u8] {
        &self.id.0
    }
}

/// All refusals of an LRS, the newest first.
pub(crate) async fn list_all(store: &dyn Store) -> Result<Vec<ListedRefusal>, StoreError> {
    let views = store.views();
    let (mut from, to) = (b"r".to_vec(), after_prefix(b"r"));
    let mut listed = Vec::new();
    loop {
        let span = Span { from: from.clone(), to: to.clone(), order: Order::Ascending, limit: LISTED_AT_ONCE };
        let page = views.scan(View::Recorder, span).await?;
        let Some((last, _)) = page.last() else { return Ok(listed) };
        from = [last.as_slice(), &[0]].concat();
        listed.extend(page.iter().filter_map(|(key, kept)| {
            let id = RefusalId(key.get(1..)?.try_into().ok()?);
            let age = Age::read(kept);
            Some(ListedRefusal { id, size_bytes: kept.len() + age.bytes, is_request: age.is_request() })
        }));
    }
}

/// These refusals, without those that are gone.
pub(crate) async fn read_whole(store: &dyn Store, listed: &[ListedRefusal]) -> Result<Vec<WholeRefusal>, StoreError> {
    let keys = listed.iter().flat_map(|it| [it.id.key(b'r'), it.id.key(b'b')]).collect();
    let mut found = store.views().get(View::Recorder, keys).await?.into_iter();
    let mut whole = Vec::new();
    for ListedRefusal { id, .. } in listed {
        if let (Some(Some(kept)), Some(body)) = (found.next(), found.next()) {
            whole.push(WholeRefusal { id: id.clone(), kept, body });
        }
    }
    Ok(whole)
}

/// Writes refusals, in place of what is known of them.
pub(crate) async fn write_whole(store: &dyn Store, refusals: &[&WholeRefusal]) -> Result<(), StoreError> {
    let mut puts: Vec<Entry> = Vec::new();
    for WholeRefusal { id, kept, body } in refusals {
        puts.push((id.key(b'r'), kept.clone()));
        puts.extend(body.as_ref().map(|body| (id.key(b'b'), body.clone())));
    }
    replace(&*store.views(), puts).await
}

/// Removes the refusals that are older than this one.
pub(crate) async fn remove_all_older(store: &dyn Store, oldest: &ListedRefusal) -> Result<(), StoreError> {
    remove_older(&*store.views(), &oldest.id).await
}
