//! Whom to trust: the machine's certificates, and those that Mozilla trusts.
//!
//! TLS 1.2 or newer, the host's name is checked, and no setting turns any of
//! it off. A company's own authority belongs into the machine's store, or
//! into a file that `SSL_CERT_FILE` names.

use std::io;
use std::sync::{Arc, LazyLock};

use rustls::{CertificateError, ClientConfig, Error, RootCertStore};
use tokio_tungstenite::Connector;

/// Made once: reading the machine's store takes milliseconds and blocks.
static CONFIG: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| Arc::new(config(roots())));

/// What connects to `url`. For `ws://` nothing is read.
pub(super) fn connector(url: &str) -> Connector {
    if url.starts_with("wss:") { Connector::Rustls(CONFIG.clone()) } else { Connector::Plain }
}

/// Whom to trust, for other connections that go out.
pub(crate) fn client() -> Arc<ClientConfig> {
    CONFIG.clone()
}

fn config(roots: RootCertStore) -> ClientConfig {
    // Named and not guessed: rustls panics if a dependency brings a second
    // provider, or none is there at all.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring can do TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// The machine's store and Mozilla's list: either may be missing or old.
fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let machine = rustls_native_certs::load_native_certs();
    let (_, unusable) = roots.add_parsable_certificates(machine.certs);
    let errors = machine.errors.len() + unusable;
    if errors > 0 {
        tracing::warn!(errors, "certificates of this machine that cannot be read are left out");
    }
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots
}

/// What went wrong, if it was TLS.
pub(super) fn failure(error: &io::Error) -> Option<&'static str> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidCertificate(why) => match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the upstream's certificate has expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the upstream's certificate is not valid yet: is this machine's clock right?"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the upstream's certificate is for another name"
            }
            CertificateError::UnknownIssuer => {
                "the upstream's certificate comes from nobody whom this machine trusts"
            }
            _ => "the upstream's certificate is not valid",
        },
        _ => "TLS failed: is the upstream a TLS server of today?",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mozillas_list_is_there_whatever_the_machine_has() {
        assert!(roots().len() >= webpki_roots::TLS_SERVER_ROOTS.len());
        assert!(webpki_roots::TLS_SERVER_ROOTS.len() > 50);
    }

    #[test]
    fn a_url_without_tls_gets_none() {
        assert!(matches!(connector("ws://127.0.0.1:9/calls"), Connector::Plain));
        assert!(matches!(connector("wss://127.0.0.1:9/calls"), Connector::Rustls(_)));
    }
}
