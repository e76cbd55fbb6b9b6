//! Certificates for the keys that parents make: for one user of a child, for minutes, from the parent's own addresses, and
//! for nothing but this run's node.

use crate::authority::keys::Signer;
use bytes::Bytes;
use mcom_credentials::{CertificateRequest, PublicIdentity, SignRequest};
use std::io::Read as _;
use std::net::ToSocketAddrs as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Clocks of hosts may be behind by so much.
const EARLIER: Duration = Duration::from_secs(60);

/// Who certifies in this run.
#[derive(Clone, Debug)]
pub(super) struct Certifier {
    pub authority: PublicIdentity,
    pub signer: Signer,
    pub source: Vec<String>,
    pub valid: Duration,
    pub command: String,
    pub run: String,
}

/// One certificate that was granted.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub key: PublicIdentity,
    pub user: String,
    /// The parent, and what it is reached by from here.
    pub parent: String,
    pub address: String,
    pub number: u32,
}

impl Certifier {
    /// Makes and signs a certificate.
    pub(super) async fn certify(&self, wanted: &Wanted) -> Result<Bytes, String> {
        let address = wanted.address.clone();
        let found = tokio::task::spawn_blocking(move || addresses(&address)).await.unwrap_or_default();
        let source = found.into_iter().chain(self.source.iter().cloned()).collect::<Vec<_>>();
        if source.is_empty() {
            return Err(format!(
                "{} has no address here for its certificate to be bound to: set the addresses that parents come from",
                wanted.parent
            ));
        }
        let now_s = now_s();
        let request = CertificateRequest {
            key: &wanted.key,
            user: &wanted.user,
            valid_from_s: now_s.saturating_sub(EARLIER.as_secs()),
            valid_to_s: now_s + self.valid.as_secs(),
            source_addresses: &source,
            command: &self.command,
            serial: wanted.number.into(),
            id: &format!("mcom {} {}", self.run, wanted.parent),
            nonce: nonce().map_err(|error| format!("there is no randomness: {error}"))?,
        };
        let unsigned = request.unsigned(&self.authority).map_err(|error| error.to_string())?;
        let sign = SignRequest {
            key: self.authority.blob().clone(),
            data: Bytes::copy_from_slice(unsigned.to_sign()),
            flags: if self.authority.algorithm() == "ssh-rsa" { SignRequest::RSA_SHA2_512 } else { 0 },
        };
        let signature = self.signer.sign(&sign, &[]).await?;
        let certificate = unsigned.finish(&signature).map_err(|error| error.to_string())?;
        Ok(certificate.blob().clone())
    }
}

/// Seconds since 1970.
pub(super) fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// What a name stands for here. The system's ssh resolves all other names of a run; a certificate has to hold addresses.
fn addresses(name: &str) -> Vec<String> {
    let mut found: Vec<String> = (name, 0)
        .to_socket_addrs()
        .into_iter()
        .flatten()
        .map(|address| address.ip().to_canonical().to_string())
        .collect();
    found.sort();
    found.dedup();
    found
}

fn nonce() -> std::io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}
