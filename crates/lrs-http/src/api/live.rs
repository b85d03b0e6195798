//! Live mode: statements as they arrive, as server-sent events, with the filters of the explorer.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt as _};
use http::{HeaderMap, Method, StatusCode};
use lrs_core::{AdministrationError, Explorer, ExplorerFilter, LrsAccess, Permission};
use lrs_store::{Seq, StoreError};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, watch};
use utoipa::IntoParams;
use xapi::Timestamp;

use super::statements::{Filters, explorer_of, read_seq};
use super::{ApiRoute, Asked, InLrs, Needs, route};
use crate::error::{ApiError, ErrorEnvelope};
use crate::http_problem::HttpProblem;
use crate::mapping::retry_later;
use crate::state::{Shared, Stopping};

/// Streams of one server at a time; each costs a look at the index for every commit.
pub(crate) const STREAMS_MAX: usize = 200;
/// Proxies close connections that are silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Statements that are read at once.
const PAGE: usize = 100;
/// For so long a stream trusts what it knows of its reader's rights; then it asks again before it sends more.
const TRUST_MICROSECONDS: i64 = 5_000_000;
/// After an error of the store, the next try; the client keeps its stream.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

pub(super) fn routes() -> Vec<ApiRoute> {
    vec![route(Method::GET, "/api/v1/lrss/{lrs}/live", Needs::Lrs(Permission::ReadStatements), get_live)]
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LiveAsked {
    /// Go on behind this place of the log (`seq`); without it, at its end. `Last-Event-ID` says the same and wins.
    after: Option<String>,
}

/// Statements as they arrive: events whose `id` is their place in the log and whose data is an item as in lists. A client that comes back
/// with `Last-Event-ID` misses nothing.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/live", tag = "Statements of an LRS",
    params(("lrs" = String, Path, description = "The LRS"), LiveAsked, Filters),
    responses((status = 200, description = "Events", body = String, content_type = "text/event-stream"),
        (status = 503, description = "Too many streams; see Retry-After", body = ErrorEnvelope)))]
pub(crate) async fn get_live(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    stopping: Option<Extension<Stopping>>,
    headers: HeaderMap,
    Asked(filters): Asked<Filters>,
    Asked(LiveAsked { after }): Asked<LiveAsked>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let turn = Arc::clone(&shared.live_streams).try_acquire_owned().map_err(|_| {
        let problem = HttpProblem::TooManyStreams { max: STREAMS_MAX };
        retry_later(StatusCode::SERVICE_UNAVAILABLE, problem, Duration::from_secs(30))
    })?;
    let resumed = headers.get("last-event-id").and_then(|value| value.to_str().ok()).or(after.as_deref());
    let explorer = explorer_of(&access, &headers);
    let end = access.store.watch_log();
    let after = match read_seq("after", resumed)? {
        Some(after) => after,
        None => explorer.find_end().await?,
    };
    let asked = shared.state.clock.now();
    let filter = filters.read()?;
    let live = Live { shared, access, asked, explorer, filter, after, end, ready: VecDeque::new(), _turn: turn };
    let events = stream::unfold(live, |mut live| async move {
        let event = live.next_event().await?;
        Some((Ok(event), live))
    });
    // A client that reads on would hold up the server when it stops; with `Last-Event-ID` it goes on at the next one.
    let stop = stopping.map(|Extension(Stopping(stop))| stop).unwrap_or_default();
    let events = events.take_until(stop.cancelled_owned());
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

struct Live {
    shared: Arc<Shared>,
    access: LrsAccess,
    /// When the reader's rights were last asked about.
    asked: Timestamp,
    explorer: Explorer,
    filter: ExplorerFilter,
    after: Seq,
    end: watch::Receiver<Seq>,
    ready: VecDeque<Event>,
    /// Held while the stream is open.
    _turn: OwnedSemaphorePermit,
}

impl Live {
    /// The next event; `None` when the store is closed, or the reader may read no more.
    async fn next_event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            self.end.borrow_and_update();
            match self.ask_again().await {
                Ok(()) => {}
                Err(
                    AdministrationError::NotSignedIn
                    | AdministrationError::Forbidden(_)
                    | AdministrationError::Missing(_),
                ) => return None,
                Err(error) => {
                    tracing::debug!(%error, "a live view waits until it can ask for its reader's rights");
                    tokio::time::sleep(RETRY_INTERVAL).await;
                    continue;
                }
            }
            match self.read_on().await {
                Ok(true) => {}
                Ok(false) => self.end.changed().await.ok()?,
                Err(error) => {
                    tracing::debug!(%error, "a live view waits for its store");
                    tokio::time::sleep(RETRY_INTERVAL).await;
                }
            }
        }
    }

    /// Asks whether the reader may still read, and whose records: rights, groups and sessions change while a stream is open.
    async fn ask_again(&mut self) -> Result<(), AdministrationError> {
        let now = self.shared.state.clock.now();
        if now.0 - self.asked.0 >= TRUST_MICROSECONDS {
            let permission = Permission::ReadStatements;
            self.access = self.shared.administration.enter_again(&self.access, permission).await?;
            self.explorer.readable = self.access.readable.clone();
            self.asked = now;
        }
        Ok(())
    }

    /// Reads a page of what arrived; `false` when there was nothing.
    async fn read_on(&mut self) -> Result<bool, StoreError> {
        let (statements, through) = self.explorer.follow_statements(&self.filter, self.after, PAGE).await?;
        let Some(through) = through else { return Ok(false) };
        for item in self.explorer.read_items(statements).await? {
            let event = Event::default().id(item.seq.to_string()).event("statement");
            self.ready.extend(event.json_data(&item).ok());
        }
        self.after = through;
        Ok(true)
    }
}
