//! TLS by certificate files (PEM): loaded at start, loaded again when they change. A new pair that does not work is
//! reported and the old one stays, so that a failed renewal does not end the service.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// Why a pair of files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as PEM, or lacks what it is for.
    #[error("cannot read {what} from {}: {reason}", path.display())]
    File {
        /// `a certificate` or `a private key`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The files are readable, but do not make a pair.
    #[error("the certificate in {} and the key in {} cannot be used together", certificate.display(), key.display())]
    Pair {
        /// Certificate file.
        certificate: PathBuf,
        /// Key file.
        key: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// No common protocol version; a defect of this build.
    #[error("TLS cannot be set up")]
    Protocol(#[source] rustls::Error),
}

/// The certificate that new connections get.
#[derive(Debug)]
pub struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

/// When both files last changed; `None` for one that is missing.
type Changed = [Option<SystemTime>; 2];

impl Certificates {
    /// Loads a chain and its private key.
    ///
    /// # Errors
    /// Which file is wrong, and why.
    pub fn load(certificate: &Path, key: &Path) -> Result<Arc<Self>, TlsError> {
        let current = RwLock::new(Arc::new(load_pair(certificate, key)?));
        Ok(Arc::new(Self { certificate: certificate.to_owned(), key: key.to_owned(), current }))
    }

    /// The configuration for connections; it follows later changes of the files.
    ///
    /// # Errors
    /// [`TlsError::Protocol`]
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<rustls::ServerConfig>, TlsError> {
        let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Protocol)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Follows the files until `stop`.
    pub async fn follow_files(self: Arc<Self>, stop: CancellationToken) {
        let mut seen = self.changed();
        let mut looks = tokio::time::interval(LOOK_INTERVAL);
        while stop.run_until_cancelled(looks.tick()).await.is_some() {
            let changed = self.changed();
            if changed != seen {
                seen = changed;
                self.reload();
            }
        }
    }

    fn reload(&self) {
        match load_pair(&self.certificate, &self.key) {
            Ok(pair) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                tracing::info!(certificate = %self.certificate.display(), "loaded the changed TLS certificate");
            }
            Err(error) => {
                let reason = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
                tracing::error!("the changed TLS files cannot be used, the old ones stay: {error}{reason}");
            }
        }
    }

    fn changed(&self) -> Changed {
        [&self.certificate, &self.key].map(|path| std::fs::metadata(path).and_then(|file| file.modified()).ok())
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn load_pair(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let unreadable = |what, path: &Path, reason: String| TlsError::File { what, path: path.to_owned(), reason };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable("a certificate", certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(unreadable("a certificate", certificate, "it holds none in PEM format".to_owned()));
    }
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable("a private key", key, error.to_string()))?;
    CertifiedKey::from_der(chain, private, &ring::default_provider()).map_err(|source| TlsError::Pair {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        source,
    })
}
