//! From settings to the place of attachments: `file:///…`, `s3://…`, `gs://…`, `az://…`.
//!
//! Credentials come from the environment or from the provider's own mechanisms, never from the URL.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, RetryConfig};
use url::Url;

use super::{AttachmentPlace, ObjectPlace};

/// What fails is tried again for so long; then the request is refused as unavailable.
pub(super) const RETRY_TIME_MAX: Duration = Duration::from_secs(5);
/// One request, of at most one part, takes so long at most.
const REQUEST_TIME_MAX: &str = "30 seconds";
/// So long to connect.
const CONNECT_TIME_MAX: &str = "3 seconds";
/// What is tried again is tried so often at most.
const RETRIES_MAX: usize = 10;

/// What is needed besides the URL, mostly for object stores that are not the provider's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectSettings {
    /// Where the store's API is, such as `https://s3.example.org`.
    pub endpoint: Option<String>,
    /// S3's region.
    pub region: Option<String>,
    /// Whether the endpoint may be reached without TLS.
    pub allow_http: bool,
}

/// Why settings name no place.
#[derive(Debug, thiserror::Error)]
#[error("the place of attachments (`store_attachments`): {0}")]
pub struct AddressError(String);

impl AttachmentPlace {
    /// The place of this URL. Uploads to an object store are collected in the local folder `spool` first. Nothing is asked yet.
    ///
    /// # Errors
    /// What is wrong with the settings, in words; never with a credential.
    pub fn parse(url: &str, settings: &ObjectSettings, spool: PathBuf) -> Result<Self, AddressError> {
        let refuse = |reason: &str| AddressError(reason.to_owned());
        let forms = "write file:///FOLDER, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX";
        // The URL itself is not repeated: it may hold what should not be there.
        let parsed = Url::parse(url).map_err(|error| AddressError(format!("not a URL ({error}): {forms}")))?;
        if !parsed.username().is_empty() || parsed.password().is_some() || parsed.query().is_some() {
            return Err(refuse("credentials and parameters do not belong in the URL: put them in the environment"));
        }
        if parsed.scheme() == "file" {
            if *settings != ObjectSettings::default() {
                return Err(refuse("a folder has no endpoint and no region"));
            }
            let folder = parsed.to_file_path().map_err(|()| refuse("write file:///FOLDER, with three slashes"))?;
            return Ok(Self::Folder(folder));
        }
        let bucket = parsed.host_str().filter(|name| !name.is_empty()).ok_or_else(|| refuse(forms))?;
        let prefix = Path::from_url_path(parsed.path()).map_err(|error| AddressError(error.to_string()))?;
        if settings.endpoint.as_deref().is_some_and(|it| it.starts_with("http://")) && !settings.allow_http {
            return Err(refuse(
                "the endpoint is not encrypted: write https://, or set `store_attachments_allow_http` where the network is safe",
            ));
        }
        let store: Arc<dyn ObjectStore> = match parsed.scheme() {
            "s3" => build_s3(bucket, settings)?,
            "gs" => build_google(bucket, settings)?,
            "az" => build_azure(bucket, settings)?,
            scheme => return Err(AddressError(format!("there is no kind {scheme}: {forms}"))),
        };
        let shown = parsed.as_str().trim_end_matches('/').to_owned();
        Ok(Self::Objects(ObjectPlace::new(store, shown, prefix, spool)))
    }
}

fn build_s3(bucket: &str, settings: &ObjectSettings) -> Result<Arc<dyn ObjectStore>, AddressError> {
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry());
    for (key, value) in client_options(settings) {
        builder = builder.with_config(AmazonS3ConfigKey::Client(key), value);
    }
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some(region) = &settings.region {
        builder = builder.with_region(region);
    }
    Ok(Arc::new(builder.build().map_err(|error| refused(&error))?))
}

fn build_google(bucket: &str, settings: &ObjectSettings) -> Result<Arc<dyn ObjectStore>, AddressError> {
    refuse_region(settings)?;
    let mut builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket).with_retry(retry());
    for (key, value) in client_options(settings) {
        builder = builder.with_config(GoogleConfigKey::Client(key), value);
    }
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_base_url(endpoint);
    }
    Ok(Arc::new(builder.build().map_err(|error| refused(&error))?))
}

fn build_azure(container: &str, settings: &ObjectSettings) -> Result<Arc<dyn ObjectStore>, AddressError> {
    refuse_region(settings)?;
    let mut builder = MicrosoftAzureBuilder::from_env().with_container_name(container).with_retry(retry());
    for (key, value) in client_options(settings) {
        builder = builder.with_config(AzureConfigKey::Client(key), value);
    }
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    Ok(Arc::new(builder.build().map_err(|error| refused(&error))?))
}

fn refuse_region(settings: &ObjectSettings) -> Result<(), AddressError> {
    let refused = || AddressError("`store_attachments_region` is for s3:// only".to_owned());
    settings.region.as_ref().map_or(Ok(()), |_| Err(refused()))
}

fn refused(error: &object_store::Error) -> AddressError {
    AddressError(super::objects::cause(error))
}

fn client_options(settings: &ObjectSettings) -> Vec<(ClientConfigKey, &'static str)> {
    let mut options =
        vec![(ClientConfigKey::Timeout, REQUEST_TIME_MAX), (ClientConfigKey::ConnectTimeout, CONNECT_TIME_MAX)];
    if settings.allow_http {
        options.push((ClientConfigKey::AllowHttp, "true"));
    }
    options
}

fn retry() -> RetryConfig {
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(1), base: 2.0 };
    RetryConfig { backoff, max_retries: RETRIES_MAX, retry_timeout: RETRY_TIME_MAX }
}
