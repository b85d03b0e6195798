//! Accounts and invitations.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::{Method, StatusCode};
use lrs_core::{AccountRequest, Rule};
use lrs_store::{AccountId, Email};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::guard::peer_of;
use super::session::{answer_signed_in, read, web_root};
use super::views::{AccountView, Grant, InvitationView, InvitationWithLink, Listed, SessionView, read_grants};
use super::{ApiRoute, Asked, Needs, Page, Sent, Signed, route};
use crate::error::{ApiError, ErrorEnvelope};
use crate::state::Shared;

pub(super) fn routes() -> Vec<ApiRoute> {
    vec![
        route(Method::GET, "/api/v1/accounts", Needs::Account, get_accounts),
        route(Method::PATCH, "/api/v1/accounts/{id}", Needs::Account, patch_account),
        route(Method::DELETE, "/api/v1/accounts/{id}", Needs::Owner, delete_account),
        route(Method::GET, "/api/v1/invitations", Needs::Account, get_invitations),
        route(Method::POST, "/api/v1/invitations", Needs::Account, post_invitation),
        route(Method::DELETE, "/api/v1/invitations/{id}", Needs::Account, delete_invitation),
        route(Method::POST, "/api/v1/invitations/accept", Needs::Nothing, accept_invitation),
    ]
}

/// Which part of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParameters {
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 500; 50 without it.
    limit: Option<usize>,
}

/// A change to an account; members that are missing stay.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AccountPatch {
    name: Option<String>,
    disabled: Option<bool>,
    is_owner: Option<bool>,
    roles: Option<Vec<Grant>>,
}

/// Whom to invite, and to what.
#[derive(Deserialize, ToSchema)]
pub(crate) struct InvitationRequest {
    email: String,
    #[serde(default)]
    roles: Vec<Grant>,
    /// The account will own the server.
    #[serde(default)]
    is_owner: bool,
}

/// The account that an invitation asks for.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Acceptance {
    /// From the link.
    token: String,
    name: String,
    password: String,
}

/// The accounts that one looks after, by e-mail address.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "Accounts", params(PageParameters),
    responses((status = 200, description = "A page", body = Listed<AccountView>)))]
pub(crate) async fn get_accounts(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    Asked(page): Asked<PageParameters>,
) -> Result<Json<Listed<AccountView>>, ApiError> {
    let Page(limit) = Page::of(page.limit)?;
    let after =
        page.cursor.as_deref().map(|it| Email::parse(it).ok_or_else(|| Rule::Cursor { name: "cursor".to_owned() }));
    let (accounts, next) = shared.administration.list_accounts(&caller, after.transpose()?.as_ref(), limit).await?;
    let next = next.map(|email| email.as_str().to_owned());
    Ok(Json(Listed { items: accounts.iter().map(AccountView::from).collect(), next }))
}

/// Changes an account: its roles in LRSs whose people one manages; all else as an owner of the server.
#[utoipa::path(patch, path = "/api/v1/accounts/{id}", tag = "Accounts", request_body = AccountPatch,
    params(("id" = String, Path, description = "The account")),
    responses((status = 200, description = "As it is now", body = AccountView),
        (status = 403, description = "Not allowed", body = ErrorEnvelope),
        (status = 409, description = "The last owner must stay", body = ErrorEnvelope)))]
pub(crate) async fn patch_account(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    Path(id): Path<String>,
    Sent(patch): Sent<AccountPatch>,
) -> Result<Json<AccountView>, ApiError> {
    let AccountPatch { name, disabled, is_owner, roles } = patch;
    let request = AccountRequest { name, disabled, is_owner, roles: roles.map(read_grants).transpose()? };
    let account = shared.administration.change_account(&caller, &AccountId(id), request).await?;
    Ok(Json((&account).into()))
}

/// Deletes an account with its sessions and tokens.
#[utoipa::path(delete, path = "/api/v1/accounts/{id}", tag = "Accounts",
    params(("id" = String, Path, description = "The account")), responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete_account(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    shared.administration.delete_account(&caller, &AccountId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The invitations that one could have made.
#[utoipa::path(get, path = "/api/v1/invitations", tag = "Accounts",
    responses((status = 200, description = "All", body = Listed<InvitationView>)))]
pub(crate) async fn get_invitations(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
) -> Result<Json<Listed<InvitationView>>, ApiError> {
    let invitations = shared.administration.list_invitations(&caller).await?;
    Ok(Json(Listed::whole(invitations.iter().map(InvitationView::from).collect())))
}

/// Invites someone; the answer has the link to send to them, this once. It works for a week.
#[utoipa::path(post, path = "/api/v1/invitations", tag = "Accounts", request_body = InvitationRequest,
    responses((status = 200, description = "Invited", body = InvitationWithLink),
        (status = 409, description = "There is an account with this address", body = ErrorEnvelope)))]
pub(crate) async fn post_invitation(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    request: Request,
) -> Result<Json<InvitationWithLink>, ApiError> {
    let (parts, body) = request.into_parts();
    let root = web_root(&shared, &parts);
    let Sent(InvitationRequest { email, roles, is_owner }) = read(&shared, Request::from_parts(parts, body)).await?;
    let created = shared.administration.invite(&caller, &email, read_grants(roles)?, is_owner).await?;
    // Behind the number sign: browsers send that to no server, so it is in no log.
    let link = format!("{root}/invitation#token={}", created.secret.expose());
    Ok(Json(InvitationWithLink { invitation: (&created.invitation).into(), link }))
}

/// Withdraws an invitation.
#[utoipa::path(delete, path = "/api/v1/invitations/{id}", tag = "Accounts",
    params(("id" = String, Path, description = "The invitation")), responses((status = 204, description = "Withdrawn")))]
pub(crate) async fn delete_invitation(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    shared.administration.delete_invitation(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes the account that an invitation asks for, and signs it in.
#[utoipa::path(post, path = "/api/v1/invitations/accept", tag = "Accounts", security(()), request_body = Acceptance,
    responses((status = 200, description = "Signed in", body = SessionView),
        (status = 410, description = "The link is not valid any more", body = ErrorEnvelope)))]
pub(crate) async fn accept_invitation(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, ApiError> {
    let peer = peer_of(&request);
    let Sent(Acceptance { token, name, password }) = read(&shared, request).await?;
    let signed_in = shared.administration.accept_invitation(&token, &name, &password, peer).await?;
    answer_signed_in(&shared, &signed_in).await
}
