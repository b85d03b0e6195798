//! Copies the refused requests of an LRS: all that the flight recorder keeps at the moment, as it is.
//!
//! The source may go on refusing, and may let the oldest ones go meanwhile. What is to be copied is listed at the beginning, so that a copy
//! ends; what is refused later is left to the next time.

use lrs_store::Store;
use lrs_store::backend::hexadecimal;
use sha2::{Digest as _, Sha256};

use super::verify::add_text;
use super::{CopyError, CopyProgress, CopyStep, Tell};
use crate::refusals::{ListedRefusal, WholeRefusal, list_all, read_whole, remove_all_older, write_whole};

/// Refusals in one piece.
const PIECE_REFUSALS: usize = 256;
/// Bytes in one piece, unless a single refusal has more.
const PIECE_BYTES: usize = 4 << 20;

/// Copies the refusals that are new or have changed, and lets go those that the source has let go since an earlier copy. So the copy takes
/// the room that the source takes, with those of its own that are newer.
pub(super) async fn copy_refusals(source: &dyn Store, target: &dyn Store, tell: Tell<'_>) -> Result<(), CopyError> {
    let listed = list_all(source).await.map_err(CopyError::Source)?;
    if let Some(oldest) = listed.iter().rfind(|it| it.is_request) {
        remove_all_older(target, oldest).await.map_err(CopyError::Target)?;
    }
    let mut done = 0;
    for piece in pieces(&listed) {
        bring_piece(source, target, piece).await?;
        done += piece.len() as u64;
        tell(CopyProgress { step: CopyStep::Refusals, done, total: listed.len() as u64 });
    }
    Ok(())
}

/// How many refusals both have, and their digest. Those that are new, or have changed since they were copied, are brought over on the way.
/// `None`: somebody else changes the copy.
pub(super) async fn compare_refusals(
    source: &dyn Store,
    target: &dyn Store,
) -> Result<Option<(u64, String)>, CopyError> {
    let (mut count, mut digest) = (0, Sha256::new());
    for piece in pieces(&list_all(source).await.map_err(CopyError::Source)?) {
        let (original, is_same) = bring_piece(source, target, piece).await?;
        if !is_same {
            let copied = read_whole(target, piece).await.map_err(CopyError::Target)?;
            if !original.iter().all(|it| copied.contains(it)) {
                return Ok(None);
            }
        }
        for refusal in &original {
            digest.update(refusal.place());
            add_text(&mut digest, &refusal.kept);
            add_text(&mut digest, refusal.body.as_deref().unwrap_or_default());
        }
        count += original.len() as u64;
    }
    Ok(Some((count, hexadecimal(&digest.finalize()))))
}

/// What the source has of a piece, and whether the target had the same before this.
async fn bring_piece(
    source: &dyn Store,
    target: &dyn Store,
    piece: &[ListedRefusal],
) -> Result<(Vec<WholeRefusal>, bool), CopyError> {
    let (original, copied) = tokio::join!(read_whole(source, piece), read_whole(target, piece));
    let (original, copied) = (original.map_err(CopyError::Source)?, copied.map_err(CopyError::Target)?);
    let new: Vec<&WholeRefusal> = original.iter().filter(|it| !copied.contains(it)).collect();
    let is_same = new.is_empty();
    if !is_same {
        write_whole(target, &new).await.map_err(CopyError::Target)?;
    }
    Ok((original, is_same))
}

/// Runs of refusals that are read and written together.
fn pieces(listed: &[ListedRefusal]) -> impl Iterator<Item = &[ListedRefusal]> {
    let (mut count, mut bytes) = (0, 0);
    listed.chunk_by(move |one, next| {
        count += 1;
        bytes += one.size_bytes;
        let fits = count < PIECE_REFUSALS && bytes + next.size_bytes <= PIECE_BYTES;
        if !fits {
            (count, bytes) = (0, 0);
        }
        fits
    })
}
