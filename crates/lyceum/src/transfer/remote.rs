//! Another LRS, ours or not, as a client sees it: one request at a time, tried again while the LRS is busy.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use xapi::Version;

use crate::trust::{client_builder, is_distrusted};

/// Tries of one request; with the delays between them about a minute.
const TRIES_MAX: u32 = 8;
/// Between the first two tries; doubles from one to the next.
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// The longest delay, whatever the server asks for.
const RETRY_DELAY_MAX: Duration = Duration::from_secs(30);
/// A server that sends nothing for so long is not there.
const READ_TIMEOUT: Duration = Duration::from_mins(2);

/// An LRS at a URL, with a key.
#[derive(Debug, Clone)]
pub struct RemoteLrs {
    client: Client,
    base: Url,
    key: String,
    secret: String,
    version: Version,
}

#[derive(Deserialize)]
struct About {
    version: Vec<String>,
}

impl RemoteLrs {
    /// Asks the LRS which versions it speaks, and takes the newest that we do. `trusted` certificates are believed besides
    /// those of public authorities.
    ///
    /// # Errors
    /// When there is no LRS at the URL.
    pub async fn connect(url: &str, (key, secret): (String, String), trusted: &[Certificate]) -> anyhow::Result<Self> {
        let base = Url::parse(url.trim_end_matches('/')).with_context(|| format!("{url} is not a URL"))?;
        let client =
            client_builder(trusted).read_timeout(READ_TIMEOUT).connect_timeout(READ_TIMEOUT).gzip(true).build()?;
        let mut remote = Self { client, base, key, secret, version: Version::V1_0_3 };
        let about = remote.send(|remote| remote.client.get(remote.resource("about", &[]))).await;
        let about = about.with_context(|| format!("{url} cannot be reached"))?;
        if !about.status().is_success() {
            bail!("{url} answers {} to GET about: is it an xAPI endpoint?", about.status().as_u16());
        }
        let about: About =
            about.json().await.with_context(|| format!("{url} does not say which versions it speaks"))?;
        if about.version.iter().any(|text| Version::parse_header(text) == Some(Version::V2_0_0)) {
            remote.version = Version::V2_0_0;
        }
        Ok(remote)
    }

    /// The endpoint.
    pub fn url(&self) -> &str {
        self.base.as_str()
    }

    /// The newest version that both sides speak.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The URL of a resource.
    pub fn resource(&self, name: &str, parameters: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{name}", self.base.path().trim_end_matches('/')));
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        url
    }

    /// The URL of a `more` link. The key goes to the endpoint's own host only.
    ///
    /// # Errors
    /// When the link leads elsewhere.
    pub fn more(&self, link: &str) -> anyhow::Result<Url> {
        let url = self.base.join(link).with_context(|| format!("{link} is no `more` link"))?;
        if url.origin() != self.base.origin() {
            bail!("the `more` link {link} leads to another host than {}", self.base);
        }
        Ok(url)
    }

    /// GET.
    ///
    /// # Errors
    /// When there is no answer, or when the key is refused.
    pub async fn get(&self, url: &Url) -> anyhow::Result<Response> {
        self.send(|remote| remote.client.get(url.clone())).await
    }

    /// POST of statements. `body` makes the body anew for each try.
    ///
    /// # Errors
    /// When there is no answer, or when the key is refused.
    pub async fn post_statements(
        &self,
        version: Version,
        content_type: &str,
        body: &(dyn Fn() -> reqwest::Body + Sync),
    ) -> anyhow::Result<Response> {
        let url = self.resource("statements", &[]);
        let versioned = Self { version, ..self.clone() };
        versioned.send(|remote| remote.client.post(url.clone()).header(CONTENT_TYPE, content_type).body(body())).await
    }

    async fn send(&self, request: impl Fn(&Self) -> RequestBuilder) -> anyhow::Result<Response> {
        let mut delay = RETRY_DELAY;
        for attempt in 1.. {
            let request = request(self).basic_auth(&self.key, Some(&self.secret));
            let sent = request.header("X-Experience-API-Version", self.version.as_str()).send().await;
            let retry_after = match sent {
                Ok(answer) => match answer.status() {
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE if attempt < TRIES_MAX => {
                        retry_after(&answer)
                    }
                    StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                        bail!("{} refuses the key: {}", self.base, describe(answer).await)
                    }
                    _ => return Ok(answer),
                },
                Err(error)
                    if attempt < TRIES_MAX && (error.is_connect() || error.is_request()) && !is_distrusted(&error) =>
                {
                    None
                }
                Err(error) => return Err(anyhow::Error::new(error.without_url())),
            };
            tokio::time::sleep(retry_after.unwrap_or(delay).min(RETRY_DELAY_MAX)).await;
            delay = (delay * 2).min(RETRY_DELAY_MAX);
        }
        unreachable!("the last try returns")
    }
}

fn retry_after(answer: &Response) -> Option<Duration> {
    answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

/// What an answer says, for people.
pub async fn describe(answer: Response) -> String {
    const EXCERPT_CHARS: usize = 600;
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap_or_default();
    let excerpt: String = text.trim().chars().take(EXCERPT_CHARS).collect();
    format!("status {status}: {excerpt}")
}
