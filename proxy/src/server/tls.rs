//! TLS of our own, with certificates that are read anew when they are renewed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Where the certificate and its key are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsFiles {
    /// The certificate and those above it, in PEM.
    pub cert: PathBuf,
    /// Its key, in PEM.
    pub key: PathBuf,
}

/// The certificate in use.
#[derive(Clone)]
pub struct Tls(Arc<RwLock<TlsAcceptor>>);

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// A sentence that names the setting at fault.
    pub fn load(files: &TlsFiles) -> Result<Tls, String> {
        Ok(Tls(Arc::new(RwLock::new(acceptor(files)?))))
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the files again whenever they have changed, for ever. A pair
    /// that does not fit (half renewed) is left alone until it does.
    pub async fn renew(self, files: TlsFiles) {
        let mut seen = changed_at(&files);
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = changed_at(&files);
            if now == seen {
                continue;
            }
            match acceptor(&files) {
                Ok(acceptor) => {
                    seen = now;
                    *self.0.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
                    tracing::info!("the renewed certificate is in use");
                }
                Err(error) => tracing::warn!("the old certificate stays in use: {error}"),
            }
        }
    }
}

fn changed_at(files: &TlsFiles) -> [Option<SystemTime>; 2] {
    [&files.cert, &files.key].map(|path| fs::metadata(path).and_then(|it| it.modified()).ok())
}

fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, String> {
    let unreadable = |setting: &str, path: &Path, why: &dyn std::fmt::Display| {
        format!("`{setting}`: cannot read {}: {why}", path.display())
    };
    let certs = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable("tls-cert", &files.cert, &error))?;
    if certs.is_empty() {
        return Err(unreadable("tls-cert", &files.cert, &"there is no certificate in it"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|_| unreadable("tls-key", &files.key, &"there is no private key in it"))?;
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("`tls-cert`: {error}"))?
        .with_no_client_auth()
        .with_single_cert(certs, key)
        .map_err(|error| format!("`tls-key`: does not fit the certificate: {error}"))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
