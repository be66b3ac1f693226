//! Signed texts: `cb1.<claim>.<signature>`, both in base64url. Whoever has one
//! has what it grants, so it is treated like a key.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use callboard_shared::audience::Role;
use callboard_shared::{QueueKey, UnixMs};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

const PREFIX: &str = "cb1.";

/// What a signed text is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Given to people by `callboard link`.
    Link,
    /// In a cookie.
    Session,
}

/// What a signed text says.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// What it is.
    pub kind: Kind,
    /// By which it can be ended.
    pub id: String,
    /// What may be seen.
    pub role: Role,
    /// Of which queues; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queues: Option<BTreeSet<QueueKey>>,
    /// Until when, in epoch ms.
    pub until: UnixMs,
    /// A session's link, if it was begun with one: it ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Claim {
    /// All ids by which it can be ended.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        [Some(&*self.id), self.link.as_deref()].into_iter().flatten()
    }

    /// The link behind it, else itself.
    pub fn link_id(&self) -> &str {
        self.link.as_deref().unwrap_or(&self.id)
    }
}

/// An id that nobody can guess.
pub fn new_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// Signs and checks.
#[derive(Clone)]
pub struct Signer {
    mac: Hmac<Sha256>,
    salt: u64,
}

impl Signer {
    /// `seed` is the installation's secret.
    pub fn new(seed: &[u8]) -> Signer {
        // Hashed, so that any length will do and the salt gives nothing away.
        let key = Sha256::digest([b"sign", seed].concat());
        let mac = Hmac::new_from_slice(&key).expect("HMAC takes keys of any length");
        let salt = Sha256::digest([b"salt", seed].concat());
        let salt = salt.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        Signer { mac, salt }
    }

    /// What makes pseudonyms of this installation its own.
    pub fn salt(&self) -> u64 {
        self.salt
    }

    /// The claim with its signature.
    pub fn sign(&self, claim: &Claim) -> String {
        // Texts, numbers and lists: always JSON.
        let claim = serde_json::to_vec(claim).expect("claims can be written as JSON");
        let mut mac = self.mac.clone();
        mac.update(&claim);
        let signature = BASE64.encode(mac.finalize().into_bytes());
        format!("{PREFIX}{}.{signature}", BASE64.encode(claim))
    }

    /// The claim, if the signature is ours. Compared in constant time.
    pub fn read(&self, text: &str) -> Option<Claim> {
        let (claim, signature) = text.strip_prefix(PREFIX)?.split_once('.')?;
        let (claim, signature) = (BASE64.decode(claim).ok()?, BASE64.decode(signature).ok()?);
        let mut mac = self.mac.clone();
        mac.update(&claim);
        mac.verify_slice(&signature).ok()?;
        serde_json::from_slice(&claim).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Claim {
        let queues = Some(BTreeSet::from([QueueKey::from("71")]));
        let until = UnixMs(1_800_000_000_000);
        Claim { kind: Kind::Link, id: new_id(), role: Role::Floor, queues, until, link: None }
    }

    #[test]
    fn what_was_signed_is_read() {
        let signer = Signer::new(b"seed");
        let claim = claim();
        assert_eq!(signer.read(&signer.sign(&claim)), Some(claim));
    }

    #[test]
    fn what_was_changed_is_not() {
        let signer = Signer::new(b"seed");
        let text = signer.sign(&claim());
        for index in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            // The last letter of base64 may hold unused bits.
            let read = signer.read(&changed);
            assert!(read.is_none() || changed.len() - 1 == index, "{index}: {changed}");
        }
        assert_eq!(Signer::new(b"other").read(&text), None);
        for text in ["", "cb1.", "cb1..", "cb1.e30.", &text[4..]] {
            assert_eq!(signer.read(text), None, "{text}");
        }
    }
}
