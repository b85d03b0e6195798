//! Signing in at an OpenID provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636).
//!
//! What a sign-in that has begun must remember travels in the browser's own cookie, so that any process of a server can end what
//! another began. It holds nothing that its browser may not know: state and nonce bind the answer to that browser, and
//! the verifier is of use only to whoever also has the code and the client's secret.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lrs_core::{AdmissionRules, IdSource, ProvenIdentity, Secret};
use lrs_store::Clock;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreIdToken, CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, DiscoveryError,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpClientError, IssuerUrl, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse as _, UserInfoClaims,
    reqwest,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use xapi::Timestamp;

/// What a provider says of itself is believed for so long; a new key is also looked for when a signature fits none.
const METADATA_MICROSECONDS: i64 = 600 * 1_000_000;
/// Between "sign in" and the provider's answer; also the life of the cookie.
pub(crate) const PENDING_S: u32 = 600;

/// A provider whose people may sign in.
#[derive(Debug, Clone)]
pub struct OpenIdProvider {
    /// Its name in addresses: letters, digits, `-` and `_`.
    pub id: String,
    /// Its name for people.
    pub label: String,
    /// Its issuer identifier, below which `/.well-known/openid-configuration` is.
    pub issuer: String,
    /// As which client this server is registered there.
    pub client_id: String,
    /// That client's secret; none for a public client.
    pub client_secret: Option<Secret>,
    /// Asked for besides `openid`, such as `email` and `profile`.
    pub scopes: Vec<String>,
    /// The claim whose text, or list of texts, roles come from.
    pub roles_claim: Option<String>,
    /// How its people become accounts.
    pub rules: AdmissionRules,
    /// Asks the provider. It must follow no redirects, and end each request within some seconds.
    pub http: reqwest::Client,
}

/// A sign-in that has begun, as the cookie holds it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    provider: String,
    state: String,
    nonce: String,
    verifier: String,
    /// Where the browser wants to go then.
    pub(crate) return_to: String,
    began: i64,
}

impl Pending {
    pub(crate) fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("texts and a number become JSON"))
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}

/// Why a provider's answer signs nobody in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenIdError {
    /// The sign-in was not begun in this browser, or too long ago.
    #[error("the sign-in was not begun in this browser, or too long ago")]
    NotBegun,
    /// The provider cannot be reached, or is not what it should be.
    #[error("the provider cannot be asked")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The provider does not take the code, or its token does not prove who somebody is.
    #[error("the provider's answer proves nothing")]
    Unproven(#[source] Box<dyn std::error::Error + Send + Sync>),
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Every claim.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct AllClaims(Map<String, Value>);

impl AdditionalClaims for AllClaims {}

/// A provider with what it says of itself.
pub(crate) struct KnownProvider {
    pub(crate) provider: OpenIdProvider,
    metadata: Mutex<Option<(Timestamp, Arc<CoreProviderMetadata>)>>,
}

/// What the flow takes from its surroundings.
pub(crate) struct Surroundings<'a> {
    pub(crate) ids: &'a dyn IdSource,
    pub(crate) clock: &'a dyn Clock,
    /// Where the provider sends the browser back to.
    pub(crate) callback: String,
}

impl KnownProvider {
    pub(crate) fn new(provider: OpenIdProvider) -> Self {
        Self { provider, metadata: Mutex::default() }
    }

    /// Where to send a browser that wants to sign in, and what it must remember.
    pub(crate) async fn begin(
        &self,
        surroundings: &Surroundings<'_>,
        return_to: String,
    ) -> Result<(String, Pending), OpenIdError> {
        let client = self.client(surroundings, false).await?;
        let [state, nonce, verifier] = [(); 3].map(|()| random_text(surroundings.ids));
        let secret = PkceCodeVerifier::new(verifier.clone());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&secret);
        let (sent_state, sent_nonce) = (CsrfToken::new(state.clone()), Nonce::new(nonce.clone()));
        let scopes = self.provider.scopes.iter().map(|scope| Scope::new(scope.clone()));
        let (url, _, _) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || sent_state, || sent_nonce)
            .set_pkce_challenge(challenge)
            .add_scopes(scopes)
            .url();
        let began = surroundings.clock.now().0;
        let provider = self.provider.id.clone();
        Ok((url.into(), Pending { provider, state, nonce, verifier, return_to, began }))
    }

    /// Whom the provider's answer, a code with the state, proves.
    pub(crate) async fn finish(
        &self,
        surroundings: &Surroundings<'_>,
        pending: Pending,
        state: &str,
        code: String,
    ) -> Result<ProvenIdentity, OpenIdError> {
        let age = surroundings.clock.now().0 - pending.began;
        let is_recent = (0..i64::from(PENDING_S) * 1_000_000).contains(&age);
        if pending.provider != self.provider.id || pending.state != state || !is_recent {
            return Err(OpenIdError::NotBegun);
        }
        let client = self.client(surroundings, false).await?;
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(unavailable)?;
        let tokens = request.set_pkce_verifier(PkceCodeVerifier::new(pending.verifier));
        let tokens = tokens.request_async(&self.provider.http).await.map_err(token_failure)?;
        let nonce = Nonce::new(pending.nonce);
        let token = tokens.id_token().ok_or_else(|| unproven("there is no ID token"))?;
        match verify(surroundings, &client, token, &nonce) {
            Ok(()) => {}
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                // The provider may have begun to sign with another key.
                let client = self.client(surroundings, true).await?;
                verify(surroundings, &client, token, &nonce).map_err(unproven)?;
            }
            Err(error) => return Err(unproven(error)),
        }
        let mut claims = read_claims(token).ok_or_else(|| unproven("the ID token holds no claims"))?;
        claims.extend(self.ask_more(&client, &tokens, &claims).await?);
        self.identity_of(&claims).ok_or_else(|| unproven("the ID token names nobody"))
    }

    /// What the provider says of the person besides the ID token (5.3), if it says more.
    async fn ask_more(
        &self,
        client: &Client,
        tokens: &CoreTokenResponse,
        known: &Map<String, Value>,
    ) -> Result<Map<String, Value>, OpenIdError> {
        let subject = known.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
        let subject = openidconnect::SubjectIdentifier::new(subject);
        let Ok(request) = client.user_info(tokens.access_token().clone(), Some(subject)) else {
            return Ok(Map::new());
        };
        let told: UserInfoClaims<AllClaims, CoreGenderClaim> =
            request.request_async(&self.provider.http).await.map_err(unavailable)?;
        match serde_json::to_value(&told) {
            Ok(Value::Object(told)) => Ok(told),
            _ => Err(unproven("the person's claims are no object")),
        }
    }

    fn identity_of(&self, claims: &Map<String, Value>) -> Option<ProvenIdentity> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        // Some providers write the truth as a text.
        let is_verified = matches!(claims.get("email_verified"), Some(Value::Bool(true)))
            || text("email_verified").is_some_and(|it| it == "true");
        let values = match self.provider.roles_claim.as_ref().and_then(|name| claims.get(name)) {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Some(ProvenIdentity {
            issuer: self.provider.issuer.clone(),
            subject: text("sub")?,
            email: text("email").filter(|_| is_verified),
            name: text("name").or_else(|| text("preferred_username")),
            values,
        })
    }

    async fn client(&self, surroundings: &Surroundings<'_>, anew: bool) -> Result<Client, OpenIdError> {
        let metadata = self.find_metadata(surroundings.clock.now(), anew).await?;
        let OpenIdProvider { client_id, client_secret, .. } = &self.provider;
        let secret = client_secret.as_ref().map(|secret| ClientSecret::new(secret.expose().to_owned()));
        let callback = RedirectUrl::new(surroundings.callback.clone()).map_err(unavailable)?;
        let metadata = CoreProviderMetadata::clone(&metadata);
        let client = CoreClient::from_provider_metadata(metadata, ClientId::new(client_id.clone()), secret);
        Ok(client.set_redirect_uri(callback))
    }

    async fn find_metadata(&self, now: Timestamp, anew: bool) -> Result<Arc<CoreProviderMetadata>, OpenIdError> {
        let mut known = self.metadata.lock().await;
        if let Some((asked, metadata)) = &*known
            && !anew
            && now.0 - asked.0 < METADATA_MICROSECONDS
        {
            return Ok(Arc::clone(metadata));
        }
        let issuer = IssuerUrl::new(self.provider.issuer.clone()).map_err(unavailable)?;
        let asked = CoreProviderMetadata::discover_async(issuer, &self.provider.http).await;
        let metadata = Arc::new(asked.map_err(discovery_failure)?);
        *known = Some((now, Arc::clone(&metadata)));
        Ok(metadata)
    }
}

fn verify(
    surroundings: &Surroundings<'_>,
    client: &Client,
    token: &CoreIdToken,
    nonce: &Nonce,
) -> Result<(), ClaimsVerificationError> {
    let now = u64::try_from(surroundings.clock.now().0).unwrap_or_default();
    let now = SystemTime::UNIX_EPOCH + Duration::from_micros(now);
    token.claims(&client.id_token_verifier().set_time_fn(move || now.into()), nonce).map(drop)
}

/// The claims of an ID token that was verified.
fn read_claims(token: &CoreIdToken) -> Option<Map<String, Value>> {
    let token = token.to_string();
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn random_text(ids: &dyn IdSource) -> String {
    let mut bytes = [0; 32];
    ids.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> OpenIdError {
    OpenIdError::Unavailable(error.into())
}

fn unproven(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> OpenIdError {
    OpenIdError::Unproven(error.into())
}

fn discovery_failure(error: DiscoveryError<HttpClientError<reqwest::Error>>) -> OpenIdError {
    unavailable(error)
}

/// A code that is refused is not a provider that is away.
fn token_failure<T>(error: RequestTokenError<HttpClientError<reqwest::Error>, T>) -> OpenIdError
where
    T: openidconnect::ErrorResponse + Send + Sync + 'static,
{
    match error {
        refused @ RequestTokenError::ServerResponse(_) => unproven(refused),
        error => unavailable(error),
    }
}
