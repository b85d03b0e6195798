//! Reads source and copy side by side, and compares everything.

use lrs_store::backend::hexadecimal;
use lrs_store::{Document, DocumentKey, LoggedStatement, Restoration, Seq, Store};
use sha2::{Digest, Sha256};

use super::refusals::compare_refusals;
use super::{
    CopyError, CopyProgress, CopyStep, IdentityListing, Listing, PAGE_STATEMENTS, Tell, copy_attachments, make_piece,
};

/// What source and copy both hold.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// Statements, voided ones included.
    pub statements: u64,
    /// Documents.
    pub documents: u64,
    /// Agents that were joined with another one into a person.
    pub identities: u64,
    /// Bytes of attachments in the copy; each was compared with its SHA-2 when it was copied.
    pub attachment_bytes: u64,
    /// SHA-256 over the log in its order: position, id, stored, body, whether it is voided, whether its timestamp was added, and over
    /// the definitions and names of the activities and agents that it describes.
    pub log_sha256: String,
    /// Sum of the SHA-256 of each document with its key, type, `ETag` and last change (the first 128 bits): stores list
    /// documents in different orders.
    pub documents_checksum: String,
    /// Refused requests that the source keeps, without those that came while it was read.
    pub refusals: u64,
    /// SHA-256 over them, the newest first: id, all that is known of each, and its body.
    pub refusals_sha256: String,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// Both are the same.
    Same(Verified),
    /// The source was written to since it was copied: copy again.
    Behind,
}

/// Compares a copy with its source. Definitions and names that changed without a new statement are brought over on the way, as are
/// refused requests.
///
/// # Errors
/// `Differs` at the first position where the logs part; `Source` or `Target` when one of the stores fails, `Damaged` or
/// `DamagedAttachment` when a statement or an attachment that is missing in the copy is.
pub async fn verify_copy(source: &dyn Store, target: &dyn Store, tell: Tell<'_>) -> Result<Verification, CopyError> {
    let Some((statements, log_sha256)) = compare_logs(source, target, tell).await? else {
        return Ok(Verification::Behind);
    };
    let Some((documents, documents_checksum)) = compare_documents(source, target).await? else {
        return Ok(Verification::Behind);
    };
    let status = target.status().await.map_err(CopyError::Target)?;
    if status.documents != documents {
        return Ok(Verification::Behind);
    }
    let Some(identities) = compare_identities(source, target).await? else { return Ok(Verification::Behind) };
    let Some((refusals, refusals_sha256)) = compare_refusals(source, target).await? else {
        return Ok(Verification::Behind);
    };
    let attachment_bytes = status.attachment_bytes;
    Ok(Verification::Same(Verified {
        statements,
        documents,
        identities,
        attachment_bytes,
        log_sha256,
        documents_checksum,
        refusals,
        refusals_sha256,
    }))
}

/// How many entries, and their digest. `None`: the source has more.
async fn compare_logs(
    source: &dyn Store,
    target: &dyn Store,
    tell: Tell<'_>,
) -> Result<Option<(u64, String)>, CopyError> {
    let total = source.status().await.map_err(CopyError::Source)?.log_position;
    let mut digest = Sha256::new();
    let mut after = Seq(0);
    loop {
        let (original, copied) =
            tokio::join!(source.read_entries(after, PAGE_STATEMENTS), target.read_entries(after, PAGE_STATEMENTS));
        let (original, copied) = (original.map_err(CopyError::Source)?, copied.map_err(CopyError::Target)?);
        for (original, copied) in original.iter().zip(&copied) {
            let beside = |entry: &LoggedStatement| (entry.timestamp_added, entry.defines);
            if original.statement != copied.statement || beside(original) != beside(copied) {
                return Err(CopyError::Differs(original.statement.seq.0));
            }
            if original.voided != copied.voided {
                // Voided by a statement that is not copied yet.
                return Ok(None);
            }
            add_entry(&mut digest, original);
        }
        if copied.len() > original.len() {
            return Err(CopyError::Differs(after.0 + original.len() as u64 + 1));
        }
        if original.len() > copied.len() {
            return Ok(None);
        }
        let Some(last) = original.last() else { return Ok(Some((after.0, hexadecimal(&digest.finalize())))) };
        compare_said(source, target, after, &original, &mut digest).await?;
        copy_attachments(source, target, &original).await?;
        after = last.statement.seq;
        tell(CopyProgress { step: CopyStep::Verifying, done: after.0, total: total.max(after.0) });
    }
}

fn add_entry(digest: &mut Sha256, entry: &LoggedStatement) {
    let LoggedStatement { statement, voided, timestamp_added, defines } = entry;
    digest.update(statement.seq.0.to_le_bytes());
    digest.update(statement.id.0.as_bytes());
    digest.update(statement.stored.0.to_le_bytes());
    digest.update([u8::from(*voided), u8::from(*timestamp_added), u8::from(*defines)]);
    add_text(digest, &statement.body);
}

/// With its length, so that no two lists of texts look alike.
pub(super) fn add_text(digest: &mut Sha256, text: &[u8]) {
    digest.update((text.len() as u64).to_le_bytes());
    digest.update(text);
}

/// Compares what is known about the activities and agents that a page describes, and mends it.
async fn compare_said(
    source: &dyn Store,
    target: &dyn Store,
    after: Seq,
    page: &[LoggedStatement],
    digest: &mut Sha256,
) -> Result<(), CopyError> {
    let original = make_piece(source, after, page).await?;
    let copied = make_piece(target, after, page).await?;
    for (about, text) in &original.definitions {
        add_text(digest, about.as_bytes());
        add_text(digest, text.as_bytes());
    }
    for (about, names) in &original.names {
        add_text(digest, about.as_bytes());
        for name in names {
            add_text(digest, name.as_bytes());
        }
    }
    if original.definitions == copied.definitions && original.names == copied.names {
        return Ok(());
    }
    let said = Restoration { definitions: original.definitions, names: original.names, ..Restoration::default() };
    target.restore(said).await.map(drop).map_err(CopyError::Target)
}

/// How many identities. `None`: they differ.
async fn compare_identities(source: &dyn Store, target: &dyn Store) -> Result<Option<u64>, CopyError> {
    let (mut original, mut copied) = (IdentityListing::default(), IdentityListing::default());
    let mut count = 0;
    loop {
        let original = original.next(source).await.map_err(CopyError::Source)?;
        if original != copied.next(target).await.map_err(CopyError::Target)? {
            return Ok(None);
        }
        let Some(page) = original else { return Ok(Some(count)) };
        count += page.len() as u64;
    }
}

/// How many documents, and their checksum. `None`: one of the source is not there, or is another one there.
async fn compare_documents(source: &dyn Store, target: &dyn Store) -> Result<Option<(u64, String)>, CopyError> {
    let (mut count, mut checksum) = (0, 0_u128);
    let mut listing = Listing::default();
    while let Some(page) = listing.next(source).await.map_err(CopyError::Source)? {
        for listed in page {
            let copied = target.find_document(listed.key.clone()).await.map_err(CopyError::Target)?;
            if copied.as_ref() != Some(&listed.document) {
                return Ok(None);
            }
            count += 1;
            checksum = checksum.wrapping_add(hash_document(&listed.key, &listed.document));
        }
    }
    Ok(Some((count, format!("{checksum:032x}"))))
}

fn hash_document(key: &DocumentKey, document: &Document) -> u128 {
    let mut digest = Sha256::new();
    add_text(&mut digest, format!("{key:?}").as_bytes());
    add_text(&mut digest, document.content_type.0.as_bytes());
    add_text(&mut digest, document.etag.0.as_bytes());
    digest.update(document.updated.0.to_le_bytes());
    add_text(&mut digest, &document.body);
    let digest: [u8; 32] = digest.finalize().into();
    let (first, _) = digest.split_first_chunk().expect("32 bytes begin with 16");
    u128::from_be_bytes(*first)
}
