//! Copies an LRS from one store into another as it is: log with positions and instants, definitions, names, documents, attachments,
//! refused requests.
//!
//! A copy goes on where the log of the copy ends, so it can be broken off anywhere and begun again. What a page of the log
//! needs (attachments) is there before the page. [`verify_copy`] then compares everything.

mod accounts;
mod refusals;
mod verify;

use std::collections::BTreeSet;

use lrs_store::{
    Batch, Document, DocumentKey, DocumentWrite, Identity, ListedDocument, LoggedStatement, Precondition, Restoration,
    Restored, RestoredStatement, Seq, Store, StoreError,
};
use tokio::io::AsyncReadExt as _;
use xapi::CompletedStatement;

pub use self::accounts::{copy_accounts, copy_key_usages};
pub use self::verify::{Verification, Verified, verify_copy};
use crate::attachments_of;

/// Entries of the log in one piece.
const PAGE_STATEMENTS: usize = 500;
/// Documents in one piece: each may be megabytes.
const PAGE_DOCUMENTS: usize = 16;
/// Attachments pass in chunks of this size.
const CHUNK_BYTES: usize = 256 << 10;

/// Why a copy cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// What is to be copied cannot be read.
    #[error("cannot read the source")]
    Source(#[source] StoreError),
    /// The copy cannot be written or read.
    #[error("cannot write the copy")]
    Target(#[source] StoreError),
    /// The logs part.
    #[error(
        "at position {0} of the log the copy has something else than the source: it was written to by others, or is a copy of \
         something else; delete that LRS there, and begin anew"
    )]
    Differs(u64),
    /// A stored statement is none.
    #[error("the statement at position {0} of the source's log is damaged: look with lyceum doctor --deep")]
    Damaged(u64),
    /// The bytes of an attachment are not those that its name promises.
    #[error("the attachment {0} of the source is damaged: its bytes have another SHA-2")]
    DamagedAttachment(String),
}

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyProgress {
    /// Doing what.
    pub step: CopyStep,
    /// How much of it is done: statements, documents, or refused requests.
    pub done: u64,
    /// Of how much, as known now.
    pub total: u64,
}

/// The steps of a copy, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyStep {
    /// The log, with attachments, definitions and names.
    Statements,
    /// Documents.
    Documents,
    /// Refused requests.
    Refusals,
    /// Reading both again.
    Verifying,
}

/// Tells someone how far a copy is.
pub type Tell<'a> = &'a (dyn Fn(CopyProgress) + Send + Sync);

/// Copies what the target does not have yet.
///
/// # Errors
/// `Source` or `Target` when one of the stores fails, `Differs` when the logs part, `Damaged` or `DamagedAttachment`
/// when the source is. What was copied until then stays.
pub async fn copy_lrs(source: &dyn Store, target: &dyn Store, tell: Tell<'_>) -> Result<(), CopyError> {
    copy_log(source, target, tell).await?;
    copy_documents(source, target, tell).await?;
    copy_identities(source, target).await?;
    refusals::copy_refusals(source, target, tell).await
}

async fn copy_log(source: &dyn Store, target: &dyn Store, tell: Tell<'_>) -> Result<(), CopyError> {
    let mut after = find_beginning(source, target).await?;
    let total = source.status().await.map_err(CopyError::Source)?.log_position;
    let mut page = read_page(source, after).await?;
    while let Some(last) = page.last() {
        let next = last.statement.seq;
        copy_attachments(source, target, &page).await?;
        let piece = make_piece(source, after, &page).await?;
        // The next page is read while this one is written.
        let (restored, read) = tokio::join!(target.restore(piece), read_page(source, next));
        match restored.map_err(CopyError::Target)? {
            Restored::Done => {}
            Restored::Differs(Seq(seq)) => return Err(CopyError::Differs(seq)),
        }
        (after, page) = (next, read?);
        tell(CopyProgress { step: CopyStep::Statements, done: after.0, total: total.max(after.0) });
    }
    Ok(())
}

async fn read_page(store: &dyn Store, after: Seq) -> Result<Vec<LoggedStatement>, CopyError> {
    store.read_entries(after, PAGE_STATEMENTS).await.map_err(CopyError::Source)
}

/// Where the log of the target ends, if up to there it may be a copy of the source's.
async fn find_beginning(source: &dyn Store, target: &dyn Store) -> Result<Seq, CopyError> {
    let end = target.status().await.map_err(CopyError::Target)?.log_position;
    let Some(before) = end.checked_sub(1) else { return Ok(Seq(0)) };
    let original = source.read_entries(Seq(before), 1).await.map_err(CopyError::Source)?;
    let copied = target.read_entries(Seq(before), 1).await.map_err(CopyError::Target)?;
    let same = original.first().zip(copied.first()).is_some_and(|(one, other)| one.statement == other.statement);
    if same { Ok(Seq(end)) } else { Err(CopyError::Differs(end)) }
}

/// A page of the log, with what is known by now about the activities and agents that it describes.
async fn make_piece(source: &dyn Store, after: Seq, page: &[LoggedStatement]) -> Result<Restoration, CopyError> {
    let mut piece = Restoration { after, ..Restoration::default() };
    let (mut activities, mut agents) = (BTreeSet::new(), BTreeSet::new());
    for LoggedStatement { statement: logged, timestamp_added, defines, .. } in page {
        let body = xapi::without_stored(&logged.body);
        let statement = body.and_then(|body| CompletedStatement::read(body, *timestamp_added, *defines));
        let statement = statement.ok_or(CopyError::Damaged(logged.seq.0))?;
        activities.extend(statement.definitions.iter().map(|(id, _)| id.clone()));
        agents.extend(statement.names.iter().map(|(agent, _)| agent.clone()));
        piece.statements.push(RestoredStatement { statement, stored: logged.stored });
    }
    let activities: Vec<String> = activities.into_iter().collect();
    let found = source.find_activity_definitions(&activities).await.map_err(CopyError::Source)?;
    piece.definitions = activities.into_iter().zip(found).filter_map(|(id, found)| Some((id, found?))).collect();
    for agent in agents {
        let names = source.find_agent_names(&agent).await.map_err(CopyError::Source)?;
        if !names.is_empty() {
            piece.names.push((agent, names));
        }
    }
    Ok(piece)
}

/// Copies the attachments that a page names and that the target does not have.
async fn copy_attachments(source: &dyn Store, target: &dyn Store, page: &[LoggedStatement]) -> Result<(), CopyError> {
    for attachment in attachments_of(page.iter().map(|logged| logged.statement.body.as_slice())) {
        let sha2 = attachment.sha2;
        let Some(mut found) = source.find_attachment(&sha2).await.map_err(CopyError::Source)? else { continue };
        if target.find_attachment(&sha2).await.map_err(CopyError::Target)?.is_some() {
            continue;
        }
        let unreadable = |error: std::io::Error| {
            CopyError::Source(StoreError::Internal { operation: "read an attachment", source: Box::new(error) })
        };
        let mut upload = target.begin_attachment().await.map_err(CopyError::Target)?;
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let count = found.reader.read(&mut chunk).await.map_err(unreadable)?;
            if count == 0 {
                break;
            }
            upload.write(&chunk[..count]).await.map_err(CopyError::Target)?;
        }
        let uploaded = upload.finish().await.map_err(CopyError::Target)?;
        if uploaded.sha256 != sha2 && !uploaded.other_sha2.contains(&sha2) {
            return Err(CopyError::DamagedAttachment(sha2));
        }
        let batch = Batch { statements: Vec::new(), attachments: vec![uploaded] };
        target.record_statements(batch).await.map_err(CopyError::Target)?;
    }
    Ok(())
}

/// Copies documents that are new or changed, and deletes those that the source has no more.
async fn copy_documents(source: &dyn Store, target: &dyn Store, tell: Tell<'_>) -> Result<(), CopyError> {
    let total = source.status().await.map_err(CopyError::Source)?.documents;
    let mut done = 0;
    let mut listing = Listing::default();
    while let Some(page) = listing.next(source).await.map_err(CopyError::Source)? {
        done += page.len() as u64;
        let mut documents: Vec<(DocumentKey, Document)> = Vec::new();
        for ListedDocument { key, document, .. } in page {
            let copied = target.find_document(key.clone()).await.map_err(CopyError::Target)?;
            if copied.as_ref() != Some(&document) {
                documents.push((key, document));
            }
        }
        let piece = Restoration { documents, ..Restoration::default() };
        target.restore(piece).await.map_err(CopyError::Target)?;
        tell(CopyProgress { step: CopyStep::Documents, done, total: total.max(done) });
    }
    if target.status().await.map_err(CopyError::Target)?.documents > done {
        delete_others(source, target).await?;
    }
    Ok(())
}

async fn delete_others(source: &dyn Store, target: &dyn Store) -> Result<(), CopyError> {
    let mut listing = Listing::default();
    while let Some(page) = listing.next(target).await.map_err(CopyError::Target)? {
        for ListedDocument { key, .. } in page {
            if source.find_document(key.clone()).await.map_err(CopyError::Source)?.is_none() {
                let deleted = target.write_document(key, Precondition::None, DocumentWrite::Delete).await;
                deleted.map_err(CopyError::Target)?;
            }
        }
    }
    Ok(())
}

/// Copies which agents are one person, and forgets what the source does not say any more.
async fn copy_identities(source: &dyn Store, target: &dyn Store) -> Result<(), CopyError> {
    let mut listing = IdentityListing::default();
    while let Some(page) = listing.next(source).await.map_err(CopyError::Source)? {
        target.change_identities(&[], &page).await.map_err(CopyError::Target)?;
    }
    let mut listing = IdentityListing::default();
    while let Some(page) = listing.next(target).await.map_err(CopyError::Target)? {
        let agents: Vec<String> = page.into_iter().map(|identity| identity.agent).collect();
        let known = source.find_identities(&agents).await.map_err(CopyError::Source)?;
        let is_known = |agent: &String| known.iter().any(|identity| identity.agent == *agent);
        let removed: Vec<String> = agents.into_iter().filter(|agent| !is_known(agent)).collect();
        if !removed.is_empty() {
            target.change_identities(&removed, &[]).await.map_err(CopyError::Target)?;
        }
    }
    Ok(())
}

/// All identities of a store, page by page.
#[derive(Default)]
struct IdentityListing(Option<String>);

impl IdentityListing {
    async fn next(&mut self, store: &dyn Store) -> Result<Option<Vec<Identity>>, StoreError> {
        let page = store.list_identities(self.0.as_deref(), PAGE_STATEMENTS).await?;
        self.0 = page.last().map(|last| last.agent.clone()).or(self.0.take());
        Ok((!page.is_empty()).then_some(page))
    }
}

/// All documents of a store, page by page.
#[derive(Default)]
struct Listing(Option<lrs_store::DocumentPosition>);

impl Listing {
    async fn next(&mut self, store: &dyn Store) -> Result<Option<Vec<ListedDocument>>, StoreError> {
        let page = store.list_documents(self.0, PAGE_DOCUMENTS).await?;
        self.0 = page.last().map(|last| last.position).or(self.0);
        Ok((!page.is_empty()).then_some(page))
    }
}
