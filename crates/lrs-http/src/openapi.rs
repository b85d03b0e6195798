//! The description of the interface (`OpenAPI` 3.1), made from the handlers themselves.

use std::sync::LazyLock;

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use utoipa::OpenApi;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ObjectBuilder, PathItem, Ref, Required, ResponseBuilder, Type};

use crate::error::{ErrorBody, ErrorEnvelope};
use crate::router::{ROUTES, Resource, RouteName};

#[derive(OpenApi)]
#[openapi(
    info(title = "Lyceum", description = "A Learning Record Store: xAPI 1.0.3 and 2.0.0 (IEEE 9274.1.1) side by side."),
    paths(
        crate::statements_write::put_statement,
        crate::statements_write::post_statements,
        crate::statements_read::get_statements,
        crate::people::get_agents,
        crate::people::get_activities,
        crate::about::about,
        crate::operations::live,
        crate::operations::ready,
        crate::api::session::get_setup,
        crate::api::session::post_setup,
        crate::api::session::get_sign_in_options,
        crate::api::session::get_session,
        crate::api::session::post_session,
        crate::api::session::delete_session,
        crate::api::session::delete_sessions,
        crate::api::session::post_password,
        crate::api::session::reset_password,
        crate::api::openid::start_openid,
        crate::api::openid::finish_openid,
        crate::api::accounts::get_accounts,
        crate::api::accounts::patch_account,
        crate::api::accounts::delete_account,
        crate::api::accounts::get_invitations,
        crate::api::accounts::post_invitation,
        crate::api::accounts::delete_invitation,
        crate::api::accounts::accept_invitation,
        crate::api::tokens::get_tokens,
        crate::api::tokens::post_token,
        crate::api::tokens::delete_token,
        crate::api::audit::get_audit,
        crate::api::audit::export_audit,
        crate::api::lrss::get_lrss,
        crate::api::lrss::post_lrs,
        crate::api::lrss::delete_lrs,
        crate::api::keys::get_keys,
        crate::api::keys::post_key,
        crate::api::keys::patch_key,
        crate::api::keys::delete_key,
        crate::api::keys::rotate_key,
        crate::api::groups::get_groups,
        crate::api::groups::post_group,
        crate::api::groups::patch_group,
        crate::api::groups::delete_group,
        crate::api::statements::get_statements,
        crate::api::statements::export_statements,
        crate::api::statements::get_statement,
        crate::api::statements::void_statement,
        crate::api::live::get_live,
        crate::api::attachments::get_attachment,
        crate::api::directory::get_people,
        crate::api::directory::get_person,
        crate::api::directory::merge_person,
        crate::api::directory::split_identifier,
        crate::api::directory::get_activities,
        crate::api::directory::get_activity,
        crate::api::refusals::get_refusals,
        crate::api::refusals::get_refusal,
        crate::api::refusals::post_replay,
        crate::api::figures::get_operations,
        crate::api::jobs::get_jobs,
        crate::api::jobs::post_import,
        crate::api::jobs::get_job,
        crate::api::jobs::get_refused,
        crate::api::backups::get_backups,
        crate::api::backups::post_backup,
        crate::api::backups::download_backup,
        crate::api::backups::delete_backup,
    ),
    components(schemas(ErrorEnvelope, ErrorBody)),
    security(("key" = [])),
    modifiers(&KeyAndSecret, &Documents),
)]
struct Interface;

struct KeyAndSecret;

impl utoipa::Modify for KeyAndSecret {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    }
}

/// The three resources for documents have the same operations; their paths come from the table of routes.
struct Documents;

impl utoipa::Modify for Documents {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for route in &ROUTES {
            let (tag, parameters): (_, &[(&str, Required)]) = match route.resource {
                Resource::State => ("State", &STATE_PARAMETERS),
                Resource::ActivityProfile => ("Activity profile", &ACTIVITY_PROFILE_PARAMETERS),
                Resource::AgentProfile => ("Agent profile", &AGENT_PROFILE_PARAMETERS),
                _ => continue,
            };
            let mut item = PathItem::default();
            for method in [HttpMethod::Get, HttpMethod::Put, HttpMethod::Post, HttpMethod::Delete] {
                item.merge_operations(PathItem::new(method.clone(), describe_document(tag, &method, parameters)));
            }
            openapi.paths.paths.insert(route.path.to_owned(), item);
        }
    }
}

const STATE_PARAMETERS: [(&str, Required); 5] = [
    ("activityId", Required::True),
    ("agent", Required::True),
    ("registration", Required::False),
    ("stateId", Required::False),
    ("since", Required::False),
];
const ACTIVITY_PROFILE_PARAMETERS: [(&str, Required); 3] =
    [("activityId", Required::True), ("profileId", Required::False), ("since", Required::False)];
const AGENT_PROFILE_PARAMETERS: [(&str, Required); 3] =
    [("agent", Required::True), ("profileId", Required::False), ("since", Required::False)];

fn describe_document(tag: &str, method: &HttpMethod, parameters: &[(&str, Required)]) -> Operation {
    let (summary, statuses): (_, &[(&str, &str)]) = match method {
        HttpMethod::Get => ("One document, or the ids of all", &[("200", "The document"), ("404", "No such document")]),
        HttpMethod::Put => {
            ("Replaces a document", &[("204", "Replaced"), ("409", "It exists"), ("412", "See If-Match")])
        }
        HttpMethod::Post => {
            ("Merges a JSON object", &[("204", "Merged"), ("400", "Not JSON"), ("412", "See If-Match")])
        }
        _ => ("Deletes a document", &[("204", "It is not there any more"), ("412", "See If-Match")]),
    };
    let is_read = *method == HttpMethod::Get;
    let mut operation = OperationBuilder::new().tag(tag).summary(Some(summary));
    for (name, required) in parameters.iter().filter(|(name, _)| is_read || *name != "since") {
        operation = operation.parameter(text_parameter(name, ParameterIn::Query, required.clone()));
    }
    for name in ["If-Match", "If-None-Match"] {
        operation = operation.parameter(text_parameter(name, ParameterIn::Header, Required::False));
    }
    for (status, description) in statuses {
        let mut response = ResponseBuilder::new().description(*description);
        if status.starts_with('4') {
            let envelope = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorEnvelope"))).build();
            response = response.content("application/json", envelope);
        }
        operation = operation.response(*status, response.build());
    }
    if matches!(method, HttpMethod::Put | HttpMethod::Post) {
        let any = ContentBuilder::new().build();
        operation = operation.request_body(Some(RequestBodyBuilder::new().content("*/*", any).build()));
    }
    operation.build()
}

fn text_parameter(name: &str, place: ParameterIn, required: Required) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    ParameterBuilder::new().name(name).parameter_in(place).required(required).schema(Some(text)).build()
}

static JSON: LazyLock<String> =
    LazyLock::new(|| Interface::openapi().to_json().expect("the description is made of texts and numbers"));

/// `GET /openapi.json`
pub(crate) async fn openapi_json() -> Response<Body> {
    let mut response = Response::new(Body::from(JSON.as_str()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.extensions_mut().insert(RouteName("/openapi.json"));
    response
}
