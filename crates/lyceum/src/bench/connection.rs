//! One kept-alive HTTP connection to the server under load, as cheap as can be.
//!
//! `http` goes over hyper's connection directly: no pool, no redirects, no cookies. `https` goes over `reqwest`.

use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use reqwest::{Certificate, Url};
use tokio::net::TcpStream;

use crate::trust::{client_builder, describe_failure};

/// A server that does not answer in this time is counted as an error, and its connection is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// Where requests go and as whom.
#[derive(Debug, Clone)]
pub struct Target {
    base: Url,
    authorization: HeaderValue,
    version: HeaderValue,
    trusted: Vec<Certificate>,
}

impl Target {
    /// `url` is the xAPI endpoint, such as `http://127.0.0.1:8080/xapi`, with or without a slash at its end.
    pub fn new(url: &str, key: &str, secret: &str, version: xapi::Version) -> anyhow::Result<Self> {
        let base = Url::parse(url.trim_end_matches('/')).with_context(|| format!("{url} is not a URL"))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            bail!("{url} is not an http or https URL");
        }
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{key}:{secret}"));
        let mut authorization = HeaderValue::try_from(format!("Basic {basic}")).context("the key cannot be sent")?;
        authorization.set_sensitive(true);
        let version = HeaderValue::from_static(version.as_str());
        Ok(Self { base, authorization, version, trusted: Vec::new() })
    }

    /// The same, believing these certificates besides those of public authorities.
    pub fn trusting(mut self, trusted: Vec<Certificate>) -> Self {
        self.trusted = trusted;
        self
    }

    /// The endpoint, without credentials.
    pub fn url(&self) -> &str {
        self.base.as_str()
    }

    /// The path and query of a resource of this endpoint.
    pub fn path(&self, resource: &str, parameters: &[(&str, &str)]) -> String {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{resource}", self.base.path().trim_end_matches('/')));
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        path_and_query(&url)
    }

    /// The path and query of a `more` link: relative to the endpoint's host, or absolute.
    pub fn more(&self, link: &str) -> Option<String> {
        self.base.join(link).ok().map(|url| path_and_query(&url))
    }

    /// Whether 2.0 rules apply.
    pub fn speaks_2_0(&self) -> bool {
        self.version == xapi::Version::V2_0_0.as_str()
    }
}

fn path_and_query(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct Call {
    /// `GET`, `POST` or `PUT`.
    pub method: Method,
    /// From [`Target::path`] or [`Target::more`].
    pub path: String,
    /// Empty for none.
    pub body: Bytes,
    /// Sends `If-None-Match: *`: the document must be new.
    pub only_if_new: bool,
}

impl Call {
    /// A GET.
    pub fn get(path: String) -> Self {
        Self { method: Method::GET, path, body: Bytes::new(), only_if_new: false }
    }
}

/// The answer to one request.
#[derive(Debug)]
pub struct Answer {
    /// Its status code.
    pub status: u16,
    /// Its whole body.
    pub body: Bytes,
}

/// What went wrong below HTTP, in a few words that can be counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Failure(pub String);

enum Open {
    Plain(SendRequest<Full<Bytes>>),
    Tls(reqwest::Client),
}

/// A connection that opens when it is first needed and again after a failure.
pub struct Connection {
    target: Target,
    host: HeaderValue,
    open: Option<Open>,
}

impl Connection {
    /// Not yet open.
    pub fn new(target: &Target) -> Self {
        let host = target.base.host_str().unwrap_or_default();
        let text = target.base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let host = HeaderValue::try_from(text).expect("a parsed URL's host is plain text");
        Self { target: target.clone(), host, open: None }
    }

    /// Opens the connection if it is not; load is better begun with all of them open.
    pub async fn open(&mut self) -> Result<(), Failure> {
        if matches!(&self.open, Some(Open::Plain(sender)) if sender.is_closed()) {
            self.open = None;
        }
        if self.open.is_none() {
            self.open = Some(open(&self.target).await?);
        }
        Ok(())
    }

    /// Sends a request and reads its answer to the end.
    pub async fn send(&mut self, call: Call) -> Result<Answer, Failure> {
        self.open().await?;
        let answer = match tokio::time::timeout(ANSWER_TIMEOUT, self.exchange(call)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure("no answer in 60 s".to_owned())),
        };
        if answer.is_err() {
            self.open = None;
        }
        answer
    }

    async fn exchange(&mut self, call: Call) -> Result<Answer, Failure> {
        match self.open.as_mut() {
            Some(Open::Plain(sender)) => exchange_plain(sender, &self.target, &self.host, call).await,
            Some(Open::Tls(client)) => exchange_tls(client, &self.target, call).await,
            None => Err(Failure("not connected".to_owned())),
        }
    }
}

async fn open(target: &Target) -> Result<Open, Failure> {
    let base = &target.base;
    if base.scheme() == "https" {
        let client = client_builder(&target.trusted).pool_max_idle_per_host(1).http1_only().build();
        return client.map(Open::Tls).map_err(|error| Failure(format!("cannot use TLS: {error}")));
    }
    let address = (base.host_str().unwrap_or_default(), base.port_or_known_default().unwrap_or(80));
    let address = format!("{}:{}", address.0, address.1);
    let connect = async {
        let stream = TcpStream::connect(&address).await?;
        stream.set_nodelay(true)?;
        Ok::<_, std::io::Error>(stream)
    };
    let stream = match tokio::time::timeout(ANSWER_TIMEOUT, connect).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(Failure(format!("cannot connect: {}", error.kind()))),
        Err(_) => return Err(Failure("cannot connect in 60 s".to_owned())),
    };
    let (sender, connection) =
        handshake(TokioIo::new(stream)).await.map_err(|error| Failure(format!("cannot connect: {error}")))?;
    // Its end is seen by the sender, so the result is not needed here.
    tokio::spawn(connection);
    Ok(Open::Plain(sender))
}

async fn exchange_plain(
    sender: &mut SendRequest<Full<Bytes>>,
    target: &Target,
    host: &HeaderValue,
    call: Call,
) -> Result<Answer, Failure> {
    let mut request = Request::builder()
        .method(call.method)
        .uri(call.path)
        .header(HOST, host)
        .header(AUTHORIZATION, &target.authorization)
        .header("x-experience-api-version", &target.version);
    if !call.body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    if call.only_if_new {
        request = request.header("if-none-match", "*");
    }
    let request = request.body(Full::new(call.body)).map_err(|error| Failure(format!("bad request: {error}")))?;
    let broken = |error: hyper::Error| {
        Failure(if error.is_closed() || error.is_incomplete_message() || error.is_canceled() {
            "the server closed the connection".to_owned()
        } else {
            format!("broken connection: {error}")
        })
    };
    sender.ready().await.map_err(broken)?;
    let response = sender.send_request(request).await.map_err(broken)?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map_err(broken)?.to_bytes();
    Ok(Answer { status, body })
}

async fn exchange_tls(client: &reqwest::Client, target: &Target, call: Call) -> Result<Answer, Failure> {
    let url = target.base.join(&call.path).map_err(|error| Failure(format!("bad request: {error}")))?;
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert(AUTHORIZATION, target.authorization.clone());
    headers.insert("x-experience-api-version", target.version.clone());
    if !call.body.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if call.only_if_new {
        headers.insert("if-none-match", HeaderValue::from_static("*"));
    }
    let broken = |error: reqwest::Error| Failure(format!("broken connection: {}", describe_failure(error)));
    let response = client.request(call.method, url).headers(headers).body(call.body).send().await.map_err(broken)?;
    let status = response.status().as_u16();
    let body = response.bytes().await.map_err(broken)?;
    Ok(Answer { status, body })
}
