//! Certificates of every kind, made on the spot.

use std::io::Write as _;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use tempfile::NamedTempFile;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

/// An authority of the test's own, and the file that names it.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: NamedTempFile,
}

impl Authority {
    /// A new one, which nobody trusts unless told so.
    pub fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "an authority for tests");
        let issuer = CertifiedIssuer::self_signed(params, key()).expect("a certificate");
        let mut file = NamedTempFile::new().expect("a temporary file can be made");
        file.write_all(issuer.pem().as_bytes()).expect("it can be written");
        Authority { issuer, file }
    }

    /// The path of its certificate, for `SSL_CERT_FILE`.
    pub fn path(&self) -> &str {
        self.file.path().to_str().expect("a plain path")
    }

    /// A server with a certificate of this authority for `name`.
    pub fn server(&self, name: &str) -> TlsAcceptor {
        self.server_with(name, |_| ())
    }

    /// A server whose certificate has expired.
    pub fn expired_server(&self, name: &str) -> TlsAcceptor {
        self.server_with(name, |params| params.not_after = date_time_ymd(2024, 1, 1))
    }

    /// Certificate and key for `name`, as files hold them.
    pub fn pem(&self, name: &str) -> (String, String) {
        let key = key();
        let certificate = params(name).signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    /// A client that trusts this authority and nobody else.
    pub fn client(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("our own certificate is one");
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring can do TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }

    fn server_with(&self, name: &str, change: impl Fn(&mut CertificateParams)) -> TlsAcceptor {
        let mut params = params(name);
        change(&mut params);
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        acceptor(certificate.der().clone(), &key)
    }
}

impl Default for Authority {
    fn default() -> Authority {
        Authority::new()
    }
}

/// A server that vouches for itself.
pub fn self_signed_server(name: &str) -> TlsAcceptor {
    let key = key();
    let certificate = params(name).self_signed(&key).expect("a certificate");
    acceptor(certificate.der().clone(), &key)
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("a plain name")
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key can be made")
}

fn acceptor(
    certificate: tokio_rustls::rustls::pki_types::CertificateDer<'static>,
    key: &KeyPair,
) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key in PKCS #8");
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring can do TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("key and certificate fit");
    TlsAcceptor::from(Arc::new(config))
}
