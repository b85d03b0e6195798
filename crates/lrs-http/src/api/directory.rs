//! People and activities of an LRS.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, Method, StatusCode};
use lrs_core::{
    ActivityItem, ActivityPage, IDENTIFIERS_MAX, IdentityError, LrsAccess, Permission, PersonId, PersonItem,
    PersonPage, Problem, Rule, find_activity_page, find_child_activities, find_identifiers, find_people,
    find_person_agent, find_person_page, merge_people, search_activities, split_person,
};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::errors::missing;
use super::statements::languages_of;
use super::views::Listed;
use super::{ApiRoute, Asked, InLrs, Needs, Page, Sent, note_change, route};
use crate::error::{ApiError, ErrorEnvelope};
use crate::state::Shared;

pub(super) fn routes() -> Vec<ApiRoute> {
    let (people, merge) = (Needs::Lrs(Permission::ReadPeople), Needs::Lrs(Permission::MergePeople));
    let activities = Needs::Lrs(Permission::ReadActivities);
    vec![
        route(Method::GET, "/api/v1/lrss/{lrs}/people", people, get_people),
        route(Method::GET, "/api/v1/lrss/{lrs}/people/{person}", people, get_person),
        route(Method::POST, "/api/v1/lrss/{lrs}/people/{person}/merge", merge, merge_person),
        route(Method::POST, "/api/v1/lrss/{lrs}/people/{person}/split", merge, split_identifier),
        route(Method::GET, "/api/v1/lrss/{lrs}/activities", activities, get_activities),
        route(Method::GET, "/api/v1/lrss/{lrs}/activity", activities, get_activity),
    ]
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeopleAsked {
    /// A name, a mailbox or an account, not necessarily exact; without it, who was seen last comes first.
    text: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// At most so many, 1 to 500; 50 by default.
    limit: Option<usize>,
}

fn read_key(text: Option<String>) -> Result<Option<Vec<u8>>, ApiError> {
    let read =
        |text: String| URL_SAFE_NO_PAD.decode(text).map_err(|_| Rule::Cursor { name: "cursor".to_owned() }.into());
    text.map(read).transpose()
}

/// People by name, mailbox or account, found without typing them exactly.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/people", tag = "People",
    params(("lrs" = String, Path, description = "The LRS"), PeopleAsked),
    responses((status = 200, description = "The best matches first", body = Listed<PersonItem>)))]
pub(crate) async fn get_people(
    InLrs(access): InLrs,
    Asked(PeopleAsked { text, cursor, limit }): Asked<PeopleAsked>,
) -> Result<Json<Listed<PersonItem>>, ApiError> {
    let Page(limit) = Page::of(limit)?;
    let after = read_key(cursor)?;
    let (items, next) = find_people(&*access.store, &access.readable, text.as_deref(), after, limit).await?;
    Ok(Json(Listed { items, next: next.map(|key| URL_SAFE_NO_PAD.encode(key)) }))
}

/// One person: identifiers, activities with attempts, best score, state and time spent, documents.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/people/{person}", tag = "People",
    params(("lrs" = String, Path, description = "The LRS"), ("person" = String, Path, description = "The person")),
    responses((status = 200, description = "The person", body = PersonPage),
        (status = 404, description = "There is none, or it is not yours to see", body = ErrorEnvelope)))]
pub(crate) async fn get_person(
    InLrs(access): InLrs,
    path: Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<PersonPage>, ApiError> {
    let Path((_, person)) = path;
    let person = PersonId::parse(&person).ok_or_else(|| missing("person"))?;
    let found = find_person_page(&*access.store, &access.readable, &person, &languages_of(&headers)).await?;
    found.map(Json).ok_or_else(|| missing("person"))
}

/// Whom to merge.
#[derive(Deserialize, ToSchema)]
pub(crate) struct MergeRequest {
    /// The other person; all identifiers of it become the first one's.
    other: String,
}

/// What to take away.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SplitRequest {
    /// An identifier of the person, as its page says it.
    identifier: String,
}

/// The agent that the person of a path is known by.
async fn known_by(access: &LrsAccess, person: &str) -> Result<String, ApiError> {
    let person = PersonId::parse(person).ok_or_else(|| missing("person"))?;
    let agent = find_person_agent(&*access.store, &person).await?.ok_or_else(|| missing("person"))?;
    let identity = access.store.find_identities(std::slice::from_ref(&agent)).await?.pop();
    Ok(identity.map_or(agent, |identity| identity.person))
}

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::SamePerson => Self::new(StatusCode::CONFLICT, Problem::SamePerson),
            IdentityError::TooMany => {
                Self::new(StatusCode::CONFLICT, Problem::TooManyIdentifiers { max: IDENTIFIERS_MAX })
            }
            IdentityError::NotTheirs => Self::new(StatusCode::CONFLICT, Problem::NotTheirIdentifier),
            IdentityError::Store(error) => error.into(),
        }
    }
}

/// Says that two people are one. No statement is rewritten, and it can be undone identifier by identifier.
#[utoipa::path(post, path = "/api/v1/lrss/{lrs}/people/{person}/merge", tag = "People", request_body = MergeRequest,
    params(("lrs" = String, Path, description = "The LRS"), ("person" = String, Path, description = "The person")),
    responses((status = 204, description = "They are one"),
        (status = 409, description = "They are one already, or have too many identifiers", body = ErrorEnvelope)))]
pub(crate) async fn merge_person(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    path: Path<(String, String)>,
    Sent(MergeRequest { other }): Sent<MergeRequest>,
) -> Result<StatusCode, ApiError> {
    let Path((_, person)) = path;
    let (own, other) = (known_by(&access, &person).await?, known_by(&access, &other).await?);
    let before = [find_identifiers(&*access.store, &own).await?, find_identifiers(&*access.store, &other).await?];
    merge_people(&*access.store, &own, &other).await?;
    let after = find_identifiers(&*access.store, &own).await?;
    let states = (json!({ "person": before[0], "other": before[1] }), json!({ "person": after }));
    note_change(&shared, &access, "person.merge", &own, states).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an identifier away from a person: it is a person of its own again.
#[utoipa::path(post, path = "/api/v1/lrss/{lrs}/people/{person}/split", tag = "People", request_body = SplitRequest,
    params(("lrs" = String, Path, description = "The LRS"), ("person" = String, Path, description = "The person")),
    responses((status = 204, description = "They are two"),
        (status = 409, description = "It is not an identifier of theirs beside others", body = ErrorEnvelope)))]
pub(crate) async fn split_identifier(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    path: Path<(String, String)>,
    Sent(SplitRequest { identifier }): Sent<SplitRequest>,
) -> Result<StatusCode, ApiError> {
    let Path((_, person)) = path;
    let own = known_by(&access, &person).await?;
    let before = find_identifiers(&*access.store, &own).await?;
    split_person(&*access.store, &own, &identifier).await?;
    let after: Vec<&String> = before.iter().filter(|known| **known != identifier).collect();
    let states = (json!({ "person": before }), json!({ "person": after, "other": [identifier] }));
    note_change(&shared, &access, "person.split", &own, states).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActivitiesAsked {
    /// Activities below this one; without it, those that nothing is above.
    parent: Option<String>,
    /// Activities with these words in their names, wherever they are.
    text: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// At most so many, 1 to 500; 50 by default.
    limit: Option<usize>,
}

/// The tree of activities, level by level, or those with a name.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/activities", operation_id = "list_activities", tag = "Activities of an LRS",
    params(("lrs" = String, Path, description = "The LRS"), ActivitiesAsked),
    responses((status = 200, description = "A page", body = Listed<ActivityItem>)))]
pub(crate) async fn get_activities(
    InLrs(access): InLrs,
    headers: HeaderMap,
    Asked(ActivitiesAsked { parent, text, cursor, limit }): Asked<ActivitiesAsked>,
) -> Result<Json<Listed<ActivityItem>>, ApiError> {
    let Page(limit) = Page::of(limit)?;
    let languages = languages_of(&headers);
    if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
        let found = search_activities(&*access.store, &access.readable, &text, limit, &languages).await?;
        return Ok(Json(Listed::whole(found)));
    }
    let after = read_key(cursor)?;
    let (readable, parent) = (&access.readable, parent.as_deref());
    let (items, next) = find_child_activities(&*access.store, readable, parent, (after, limit), &languages).await?;
    Ok(Json(Listed { items, next: next.map(|key| URL_SAFE_NO_PAD.encode(key)) }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActivityAsked {
    /// The activity's id.
    id: String,
}

/// One activity with the definition merged from all statements.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/activity", tag = "Activities of an LRS",
    params(("lrs" = String, Path, description = "The LRS"), ActivityAsked),
    responses((status = 200, description = "It", body = ActivityPage),
        (status = 404, description = "No statement names it", body = ErrorEnvelope)))]
pub(crate) async fn get_activity(
    InLrs(access): InLrs,
    headers: HeaderMap,
    Asked(ActivityAsked { id }): Asked<ActivityAsked>,
) -> Result<Json<ActivityPage>, ApiError> {
    let found = find_activity_page(&*access.store, &access.readable, &id, &languages_of(&headers)).await?;
    found.map(Json).ok_or_else(|| missing("activity"))
}
