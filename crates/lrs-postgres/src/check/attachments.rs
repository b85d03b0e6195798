//! Whether every attachment of an LRS is there, byte for byte.

use futures_util::TryStreamExt as _;
use lrs_store::backend::hexadecimal;
use lrs_store::{Advice, Finding, Seen, Severity, StoreError, Subject};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;
use xapi::Timestamp;

use super::Looker;
use crate::attachments::LrsAttachments;
use crate::schema;

/// Rows are read so many at a time.
const PAGE_ROWS: i64 = 1_000;
/// So many damaged ones are named.
const NAMED_MAX: usize = 5;
/// Bytes are hashed in pieces of this size.
const PIECE_BYTES: usize = 256 << 10;

/// Reads every attachment of the LRS in this schema, and compares it with its digest. Along the primary key of `attachment`.
pub(super) async fn check(looker: &Looker, schema: &str) -> Result<Finding, StoreError> {
    let sql = schema::sql(schema, "SELECT value FROM $s.meta WHERE name = 'hash_key'");
    let rows = looker.rows(&sql, &[]).await?;
    let key: &[u8] = rows.first().map_or(&[], |row| row.get(0));
    let attachments = looker.attachments.of_lrs(schema, key);
    let sql =
        schema::sql(schema, "SELECT sha256, size_bytes FROM $s.attachment WHERE sha256 > $1 ORDER BY sha256 LIMIT $2");
    let (mut after, mut count, mut damaged) = (String::new(), 0_u64, Vec::new());
    loop {
        let rows = looker.rows(&sql, &[&after, &PAGE_ROWS]).await?;
        let Some(last) = rows.last() else { break };
        after = last.get(0);
        for row in &rows {
            let (sha256, size): (String, i64) = (row.get(0), row.get(1));
            count += 1;
            match find_damage(&attachments, &sha256, size.unsigned_abs()).await {
                Ok(None) => {}
                Ok(Some(damage)) => damaged.push(damage),
                // It does not answer: then nothing can be said about any of them.
                Err(error) => return Ok(unreadable(&error)),
            }
        }
    }
    let listed = attachments.list_older(Timestamp(i64::MAX));
    let present = listed.try_fold(0, |sum, listed| std::future::ready(Ok(sum + listed.len() as u64))).await;
    match present {
        Ok(present) => Ok(tell(count, present, &damaged)),
        Err(error) => Ok(unreadable(&error)),
    }
}

fn unreadable(error: &StoreError) -> Finding {
    let advice = Advice::in_words("Mend what is said of the attachments of all LRSs, and look again.");
    Finding::new(Severity::Error, Subject::Attachments, Seen::CheckFailed { reason: error.to_string() }, advice)
}

fn tell(count: u64, present: u64, damaged: &[String]) -> Finding {
    if damaged.is_empty() {
        let spare = match present.saturating_sub(count) {
            0 => String::new(),
            spare => format!(
                "; {spare} more that no statement names, which do no harm: lyceum doctor --remove-orphans takes them away"
            ),
        };
        let seen = Seen::in_words(format!("all {count} are as their digests say{spare}"));
        return Finding::good(Subject::Attachments, seen);
    }
    let named = damaged.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    let seen = Seen::in_words(format!("{} of {count} are damaged: {named}", damaged.len()));
    let advice = Advice::in_words("Restore them from a backup, under the same names.");
    Finding::new(Severity::Error, Subject::Attachments, seen, advice)
}

/// What is wrong with an attachment, if anything.
async fn find_damage(
    attachments: &LrsAttachments,
    sha256: &str,
    size_bytes: u64,
) -> Result<Option<String>, StoreError> {
    let mut found = match attachments.open(sha256, size_bytes).await {
        Err(StoreError::Corrupt { place, reason }) => return Ok(Some(format!("{place}: {reason}"))),
        outcome => outcome?,
    };
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE_BYTES]);
    loop {
        match found.reader.read(&mut piece).await {
            Ok(0) => break,
            Ok(length) => hash.update(&piece[..length]),
            Err(error) => return Ok(Some(format!("attachment {sha256} cannot be read: {error}"))),
        }
    }
    let is_as_named = hexadecimal(&hash.finalize()) == sha256;
    Ok((!is_as_named).then(|| format!("attachment {sha256}: its bytes have another SHA-256")))
}
