//! What the flight recorder keeps, in a view of the LRS: `r`, newest first, with the refusal; `b` with its body; `R` with the sum.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lrs_store::{KeyId, Order, Span, Store, StoreError, View, Views};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xapi::{Timestamp, Violation};

use super::room::{put, replace};
use super::{RecorderOptions, Refused};
use crate::directory::after_prefix;
use crate::{BrokenRule, Said};

const HOUR_MICROS: i64 = 3_600_000_000;
/// Refusals that one page of a filtered list looks at.
const LOOKED_AT_MAX: usize = 2_000;

/// A refusal, in addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalId(pub(super) [u8; 24]);

impl RefusalId {
    fn new(when: Timestamp, id: Uuid) -> Self {
        let mut bytes = [0; 24];
        // The newest first; instants are after 1970.
        bytes[..8].copy_from_slice(&(!when.0.cast_unsigned()).to_be_bytes());
        bytes[8..].copy_from_slice(id.as_bytes());
        Self(bytes)
    }

    /// Parses what [`RefusalItem::id`] shows.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    pub(super) fn key(&self, kind: u8) -> Vec<u8> {
        [&[kind], self.0.as_slice()].concat()
    }
}

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RefusalItem {
    /// To ask for it.
    pub id: String,
    /// When it was refused, or last refused.
    pub when: String,
    /// With which key.
    pub key: String,
    /// `POST`
    pub method: String,
    /// Path and query.
    pub path: String,
    /// `X-Experience-API-Version`
    pub version: String,
    /// `Content-Type`
    pub content_type: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Why: as the error was answered. Without words when they could quote a body and bodies are not kept, or when no secret was shown.
    #[serde(flatten)]
    pub said: Said,
    /// How many rules were broken.
    pub violation_count: usize,
    /// Bytes of its body that were kept.
    pub bytes: usize,
    /// How often: authentications that fail are counted by the hour.
    pub count: u64,
    /// When it was sent again and accepted, if it was.
    pub replayed: Option<String>,
}

/// A refused request with all that was kept of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RefusalPage {
    /// As in the list.
    #[serde(flatten)]
    pub item: RefusalItem,
    /// Every broken rule.
    #[schema(value_type = Vec<Object>)]
    pub violations: Vec<Violation>,
    /// Its body as text, if it was kept and is text.
    pub body: Option<String>,
}

/// Which refusals are listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefusalFilter {
    /// Only of this key.
    pub key: Option<String>,
    /// After this instant.
    pub since: Option<Timestamp>,
    /// At or before this instant.
    pub until: Option<Timestamp>,
}

/// As it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    when: i64,
    key: String,
    method: String,
    path: String,
    version: String,
    content_type: String,
    status: u16,
    #[serde(flatten)]
    said: Said,
    violations: Vec<BrokenRule>,
    bytes: usize,
    count: u64,
    replayed: Option<i64>,
}

impl Kept {
    fn item(&self, id: &RefusalId) -> RefusalItem {
        RefusalItem {
            id: URL_SAFE_NO_PAD.encode(id.0),
            when: Timestamp(self.when).to_string(),
            key: self.key.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
            version: self.version.clone(),
            content_type: self.content_type.clone(),
            status: self.status,
            said: self.said.clone(),
            violation_count: self.violations.len(),
            bytes: self.bytes,
            count: self.count,
            replayed: self.replayed.map(|when| Timestamp(when).to_string()),
        }
    }
}

/// Writes a refusal, and removes what is too old or too much.
pub(super) async fn keep(
    store: &dyn Store,
    options: &RecorderOptions,
    refused: Refused,
    id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = RefusalId::new(now, id);
    let body = refused.body.unwrap_or_default();
    let kept = Kept {
        when: now.0,
        key: refused.key.0,
        method: refused.method,
        path: refused.path,
        version: refused.version,
        content_type: refused.content_type,
        status: refused.status,
        said: refused.said,
        violations: refused.violations.into_iter().map(BrokenRule::from).collect(),
        bytes: body.len(),
        count: 1,
        replayed: None,
    };
    let mut puts = vec![(id.key(b'r'), write(&kept))];
    if !body.is_empty() {
        puts.push((id.key(b'b'), body.to_vec()));
    }
    put(&*store.views(), options, puts, now).await
}

/// Counts what was refused, for one reason, to somebody who names a key, in the present hour.
pub(super) async fn count_unproven(
    store: &dyn Store,
    options: &RecorderOptions,
    key: KeyId,
    (status, said): (u16, Said),
    now: Timestamp,
) -> Result<(), StoreError> {
    let hour = Timestamp(now.0 - now.0.rem_euclid(HOUR_MICROS));
    let mut name = [0; 16];
    name.copy_from_slice(&crate::directory::hash(&format!("{} {} {}", said.code, said.message, key.0)));
    let id = RefusalId::new(hour, Uuid::from_bytes(name));
    let views = store.views();
    let known = read(&*views, &id).await?;
    let count = known.as_ref().map_or(1, |known| known.count + 1);
    let kept = Kept {
        when: now.0,
        key: key.0,
        method: String::new(),
        path: String::new(),
        version: String::new(),
        content_type: String::new(),
        status,
        said,
        violations: Vec::new(),
        bytes: 0,
        count,
        replayed: None,
    };
    put(&*views, options, vec![(id.key(b'r'), write(&kept))], now).await
}

/// Refusals, the newest first, behind `after`; at most `limit`. A page may be short and still go on.
///
/// # Errors
/// When the store fails.
pub async fn list_refusals(
    store: &dyn Store,
    filter: &RefusalFilter,
    after: Option<&RefusalId>,
    limit: usize,
) -> Result<(Vec<RefusalItem>, Option<String>), StoreError> {
    let mut from = match (after, filter.until) {
        (Some(after), _) => {
            let mut key = after.key(b'r');
            key.push(0);
            key
        }
        (None, Some(until)) => RefusalId::new(until, Uuid::nil()).key(b'r'),
        (None, None) => b"r".to_vec(),
    };
    if from.len() < 2 {
        from = b"r".to_vec();
    }
    let to = filter.since.map_or_else(|| after_prefix(b"r"), |since| RefusalId::new(since, Uuid::nil()).key(b'r'));
    let looked_at = if filter.key.is_some() { LOOKED_AT_MAX } else { limit + 1 };
    let span = Span { from, to, order: Order::Ascending, limit: looked_at };
    let entries = store.views().scan(View::Recorder, span).await?;
    let whole = entries.len() < looked_at;
    let (mut items, mut last) = (Vec::new(), None);
    for (key, value) in entries {
        let (Ok(id), Ok(kept)) = (key[1..].try_into().map(RefusalId), serde_json::from_slice::<Kept>(&value)) else {
            continue;
        };
        if filter.key.as_ref().is_none_or(|wanted| *wanted == kept.key) {
            if items.len() == limit {
                return Ok((items, last));
            }
            items.push(kept.item(&id));
        }
        last = Some(URL_SAFE_NO_PAD.encode(id.0));
    }
    Ok((items, last.filter(|_| !whole)))
}

/// One refusal.
///
/// # Errors
/// When the store fails.
pub async fn find_refusal(store: &dyn Store, id: &RefusalId) -> Result<Option<RefusalPage>, StoreError> {
    let views = store.views();
    let Some(kept) = read(&*views, id).await? else { return Ok(None) };
    let body = views.get(View::Recorder, vec![id.key(b'b')]).await?.pop().flatten();
    let item = kept.item(id);
    let violations = kept.violations.into_iter().map(Violation::from);
    let body = body.and_then(|body| String::from_utf8(body).ok());
    Ok(Some(RefusalPage { item, violations: violations.collect(), body }))
}

/// Notes that a refusal was sent again and accepted.
pub(super) async fn mark_replayed(store: &dyn Store, id: &RefusalId, now: Timestamp) -> Result<(), StoreError> {
    let views = store.views();
    let Some(mut kept) = read(&*views, id).await? else { return Ok(()) };
    kept.replayed = Some(now.0);
    replace(&*views, vec![(id.key(b'r'), write(&kept))]).await
}

async fn read(views: &dyn Views, id: &RefusalId) -> Result<Option<Kept>, StoreError> {
    let found = views.get(View::Recorder, vec![id.key(b'r')]).await?.pop().flatten();
    Ok(found.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn write(kept: &Kept) -> Vec<u8> {
    serde_json::to_vec(kept).expect("texts and numbers become JSON")
}
