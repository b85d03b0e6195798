//! The web app's files, from memory: hashed names that browsers keep for ever, and the page that every other address gets.
//!
//! The page runs under a policy that lets in nothing but this server's own files. Styles that are made at run time carry
//! a nonce, fresh in each page. What is asked for is looked up in a table: no path ever reaches a file system.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use lrs_core::IdSource;

use crate::compression::compression;
use crate::router::no_route;
use crate::{RequestId, RouteName};

/// One file of the built app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebFile {
    /// Its path below the root, without a slash in front, such as `assets/index-1a2b.js`.
    pub path: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
    /// The same, compressed with Brotli, where that was worth it.
    pub brotli: Option<&'static [u8]>,
}

/// The app as it was built into the program.
#[derive(Debug, Clone)]
pub struct WebApp {
    /// Its files; none when the program was built without the app.
    pub files: &'static [WebFile],
    /// Where nonces come from.
    pub ids: Arc<dyn IdSource>,
}

/// Paths that belong to programs, not to the app: what is not there is told in the error envelope.
const PROGRAM_PATHS: [&str; 5] = ["/xapi", "/api", "/openapi.json", "/health", "/metrics"];

/// In the page, in the place of a nonce.
const NONCE_PLACE: &str = "{{nonce}}";

/// 128 bits, as the policy's standard recommends (CSP 3, 7.1).
const NONCE_BYTES: usize = 16;

/// Files below it have the digest of their content in their name.
const HASHED: &str = "assets/";

const MISSING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>Lyceum</title><h1>Lyceum is running</h1>\
<p>This program was built without its web app. To get it, install Node.js 20 or newer and start the server with \
<code>cargo xtask serve</code>, or build the app with <code>npm ci &amp;&amp; npm run build</code> in <code>ui/</code> \
and then the program again.</p>\
<p>Everything else works: the xAPI endpoint is <code>/xapi</code>, and the interface is described in \
<a href=\"/openapi.json\">/openapi.json</a>.</p></html>";

/// Headers of everything that the app is made of.
const PROTECTION: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// No page of the app has a longer path: ids are in its query.
const PATH_BYTES_MAX: usize = 4_096;

/// The app on every path that no other route has.
pub fn web_app_router(app: WebApp) -> Router {
    let app = Arc::new(app);
    Router::new().route("/", any(answer)).route("/{*path}", any(answer)).with_state(app).layer(compression())
}

async fn answer(State(app): State<Arc<WebApp>>, request: Request) -> Response<Body> {
    let path = request.uri().path();
    let of_programs = PROGRAM_PATHS.iter().any(|taken| path.strip_prefix(taken).is_some_and(begins_anew));
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if of_programs || !reads {
        let known = request.extensions().get::<RequestId>();
        let request_id = known.map_or_else(|| app.ids.uuid().to_string(), |RequestId(id)| id.clone());
        return no_route(path).into_response(&request_id);
    }
    if path.len() > PATH_BYTES_MAX {
        return status_response(StatusCode::URI_TOO_LONG);
    }
    let mut response = match app.find(path.trim_start_matches('/')) {
        Some(file) => file_response(file, request.headers()),
        None if path.trim_start_matches('/').starts_with(HASHED) => status_response(StatusCode::NOT_FOUND),
        None => app.page(),
    };
    for (name, value) in PROTECTION {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response.extensions_mut().insert(RouteName("/app"));
    response
}

/// Whether a path ends here or goes on with another segment: `/apiary` is not below `/api`.
fn begins_anew(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

impl WebApp {
    fn find(&self, path: &str) -> Option<&WebFile> {
        self.files.iter().find(|file| file.path == path && path != "index.html")
    }

    /// The page, with a nonce of its own; without the app, the words that say how to get it.
    fn page(&self) -> Response<Body> {
        let index = self.files.iter().find(|file| file.path == "index.html");
        let text = index.map_or(MISSING.into(), |file| String::from_utf8_lossy(file.bytes));
        let mut bits = [0; NONCE_BYTES];
        self.ids.fill(&mut bits);
        let nonce = STANDARD.encode(bits);
        let mut response = Response::new(Body::from(text.replace(NONCE_PLACE, &nonce)));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        let policy = HeaderValue::try_from(policy(&nonce)).expect("base64 is made of visible characters");
        headers.insert(HeaderName::from_static("content-security-policy"), policy);
        response
    }
}

/// What the page may load, run and send: this server's own, and styles with its nonce (Content Security Policy Level 3).
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; font-src 'self'; \
         connect-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn file_response(file: &WebFile, asked: &HeaderMap) -> Response<Body> {
    let brotli = file.brotli.filter(|_| accepts_brotli(asked));
    let mut response = Response::new(Body::from(brotli.unwrap_or(file.bytes)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(file.path)));
    let kept = if file.path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    if file.brotli.is_some() {
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if brotli.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

fn status_response(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Whether a client takes Brotli: named, and not with the weight zero (RFC 9110 12.5.3).
fn accepts_brotli(headers: &HeaderMap) -> bool {
    let listed = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
        named && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
