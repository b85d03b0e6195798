//! Finding statements within what a key may see, and rendering them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lrs_store::{Filter, Order, Page, Query, Seq, Store, StoreError, StoredStatement};
use xapi::{
    Format, Json, LanguagePreferences, StatementId, StatementsParams, Version, authority_key, format_statement,
};

/// With hidden statements, a page is filled from at most so many pages of the store; then `more` goes on.
const PAGES_READ_MAX: usize = 20;

/// Reads statements for one request.
#[derive(Clone)]
pub struct StatementReader {
    /// The LRS.
    pub store: Arc<dyn Store>,
    /// [`authority_key`] of the authority whose statements alone are visible (scope `statements/read/mine`).
    pub only_authority: Option<String>,
    /// Statements of version 2.0 are not there (a 1.0.3 client of a server with strict versions).
    pub hide_v2: bool,
}

/// An attachment that an answer with `attachments=true` carries when its bytes are here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentToSend {
    /// As the statement names it, lower-case.
    pub sha2: String,
    /// Its media type.
    pub content_type: String,
}

impl StatementReader {
    /// The statement with this id, voided or not as asked, if it is there and visible.
    ///
    /// # Errors
    /// Those of [`Store::find_statement`].
    pub async fn find_statement(&self, id: StatementId, voided: bool) -> Result<Option<StoredStatement>, StoreError> {
        let found = self.store.find_statement(id, voided).await?;
        Ok(found.filter(|statement| self.sees(&statement.body, true)))
    }

    /// A page of at most `limit` visible statements behind `after`.
    ///
    /// # Errors
    /// Those of [`Store::find_statements`].
    pub async fn find_statements(
        &self,
        params: &StatementsParams,
        limit: usize,
        after: Option<Seq>,
    ) -> Result<Page, StoreError> {
        let mut query = self.query_of(params, limit, after);
        if !self.hide_v2 {
            return self.store.find_statements(query).await;
        }
        let mut statements = Vec::new();
        for _ in 0..PAGES_READ_MAX {
            let page = self.store.find_statements(query.clone()).await?;
            let is_cut = page.more.is_some() && page.statements.len() < query.limit;
            statements.extend(page.statements.into_iter().filter(|statement| self.sees(&statement.body, false)));
            query.after = page.more;
            query.limit = limit - statements.len();
            if page.more.is_none() || query.limit == 0 || is_cut && !statements.is_empty() {
                break;
            }
        }
        Ok(Page { statements, more: query.after })
    }

    /// Statements in a format, in their order. `exact` gives them as they are stored.
    ///
    /// # Errors
    /// When the definitions of activities cannot be read, which only `canonical` needs.
    pub async fn render(
        &self,
        statements: Vec<StoredStatement>,
        format: Format,
        languages: &LanguagePreferences,
        version: Version,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let bodies = statements.into_iter().map(|statement| statement.body);
        match format {
            Format::Exact => Ok(bodies.collect()),
            Format::Ids => {
                Ok(bodies.map(|body| format_statement(&body, format, languages, version, &|_| None)).collect())
            }
            Format::Canonical => self.render_canonical(bodies.collect(), languages, version).await,
        }
    }

    async fn render_canonical(
        &self,
        bodies: Vec<Vec<u8>>,
        languages: &LanguagePreferences,
        version: Version,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let ids: Vec<String> = activities_of(&bodies, languages, version).into_iter().collect();
        let found = self.store.find_activity_definitions(&ids).await?;
        let definitions: HashMap<String, Option<String>> = ids.into_iter().zip(found).collect();
        let definition = |id: &str| definitions.get(id).cloned().flatten();
        Ok(bodies
            .iter()
            .map(|body| format_statement(body, Format::Canonical, languages, version, &definition))
            .collect())
    }

    fn query_of(&self, params: &StatementsParams, limit: usize, after: Option<Seq>) -> Query {
        let mut filters = Vec::new();
        if let Some(agent) = &params.agent {
            filters.push(Filter::Agent { key: agent.key().to_owned(), related: params.related_agents });
        }
        if let Some(activity) = &params.activity {
            filters.push(Filter::Activity { id: activity.as_str().to_owned(), related: params.related_activities });
        }
        filters.extend(params.verb.clone().map(Filter::Verb));
        filters.extend(params.registration.map(|registration| Filter::Registration(registration.0)));
        filters.extend(self.only_authority.clone().map(Filter::Authority));
        let order = if params.ascending { Order::Ascending } else { Order::Descending };
        Query { filters, since: params.since, until: params.until, order, limit, after }
    }

    /// Whether a stored statement is visible. The store has checked the authority of lists already.
    fn sees(&self, body: &[u8], check_authority: bool) -> bool {
        let only_authority = self.only_authority.as_deref().filter(|_| check_authority);
        if only_authority.is_none() && !self.hide_v2 {
            return true;
        }
        let Ok(statement) = Json::parse(body) else { return false };
        let is_mine = only_authority.is_none_or(|mine| {
            statement.get("authority").and_then(authority_key).is_some_and(|authority| authority == mine)
        });
        let version = statement.get("version").and_then(Json::as_str);
        let is_v2 = version.is_some_and(|version| version.starts_with("2."));
        is_mine && !(self.hide_v2 && is_v2)
    }
}

/// The ids for which canonical formatting asks: learnt by formatting once with no answers.
fn activities_of(bodies: &[Vec<u8>], languages: &LanguagePreferences, version: Version) -> HashSet<String> {
    let asked = RefCell::new(HashSet::new());
    let note = |id: &str| {
        asked.borrow_mut().insert(id.to_owned());
        None
    };
    for body in bodies {
        drop(format_statement(body, Format::Canonical, languages, version, &note));
    }
    asked.into_inner()
}

/// The attachments that stored statements name, each once, in the order of their first naming.
#[must_use]
pub fn attachments_of<'a>(bodies: impl IntoIterator<Item = &'a [u8]>) -> Vec<AttachmentToSend> {
    let mut seen = HashSet::new();
    let mut attachments = Vec::new();
    for body in bodies {
        let Ok(statement) = Json::parse(body) else { continue };
        let named = attachments_in(&statement).chain(statement.get("object").into_iter().flat_map(attachments_in));
        attachments.extend(named.filter(|attachment| seen.insert(attachment.sha2.clone())));
    }
    attachments
}

fn attachments_in<'a>(statement: &'a Json<'a>) -> impl Iterator<Item = AttachmentToSend> + 'a {
    let attachments = statement.get("attachments").and_then(Json::as_array).unwrap_or_default();
    attachments.iter().filter_map(|attachment| {
        let text = |name| attachment.get(name).and_then(Json::as_str);
        let (sha2, content_type) = (text("sha2")?, text("contentType")?);
        Some(AttachmentToSend { sha2: sha2.to_ascii_lowercase(), content_type: content_type.to_owned() })
    })
}
