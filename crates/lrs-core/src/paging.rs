//! Pages of lists: one more than wanted is asked for, so that a page knows whether another one follows.

/// Cuts a page that was asked for with one more than `limit`; whether there was more.
pub(crate) fn cut_page<T>(found: &mut Vec<T>, limit: usize) -> bool {
    let more = found.len() > limit;
    found.truncate(limit);
    more
}
