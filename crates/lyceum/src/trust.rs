//! Whom the clients in this program believe over TLS: public authorities, and those that a file names.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use reqwest::Certificate;

/// The part of a command line that says which certificates an LRS at a URL may show.
#[derive(Debug, Clone, clap::Args)]
pub struct TrustArguments {
    /// A file with certificates (PEM) to trust besides public authorities, such as that of a school's own
    #[arg(long, env = "LYCEUM_CA_CERTIFICATE", hide_env_values = true, value_name = "FILE")]
    ca_certificate: Option<PathBuf>,
}

impl TrustArguments {
    /// The certificates of the file.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no certificate.
    pub fn read(&self) -> anyhow::Result<Vec<Certificate>> {
        self.ca_certificate.as_deref().map_or_else(|| Ok(Vec::new()), read_certificates)
    }
}

/// The certificates of a file in PEM format.
///
/// # Errors
/// When the file cannot be read, or holds no certificate.
pub fn read_certificates(path: &Path) -> anyhow::Result<Vec<Certificate>> {
    let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let unusable = || format!("{} holds a certificate that cannot be used", path.display());
    let certificates = Certificate::from_pem_bundle(&pem).with_context(unusable)?;
    if certificates.is_empty() {
        bail!("{} holds no certificate in PEM format", path.display());
    }
    let usable = client_builder(&certificates).build();
    usable.map_err(describe_failure).map_err(anyhow::Error::msg).with_context(unusable)?;
    Ok(certificates)
}

/// Why a request failed, down to the first cause; without the URL, which may hold a learner's name.
pub fn describe_failure(error: reqwest::Error) -> String {
    format!("{:#}", anyhow::Error::new(error.without_url()))
}

/// Whether the other side is there, but is not whom this program trusts: trying again will not help.
pub fn is_distrusted(error: &reqwest::Error) -> bool {
    // What TLS finds wrong arrives as `InvalidData`, inside another I/O error; what the network does has kinds of its own.
    let is_about_tls = |cause: &io::Error| {
        let inner = cause.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
        inner.unwrap_or(cause).kind() == io::ErrorKind::InvalidData
    };
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.filter_map(|cause| cause.downcast_ref::<io::Error>()).any(is_about_tls)
}

/// A client that trusts these certificates, too.
pub fn client_builder(trusted: &[Certificate]) -> reqwest::ClientBuilder {
    trusted.iter().cloned().fold(reqwest::Client::builder(), reqwest::ClientBuilder::add_root_certificate)
}
