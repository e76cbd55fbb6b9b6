//! Certificate: a key that is made for this run, and a certificate for minutes that the coordinator gives for it.

use crate::agent::Line;
use crate::ssh::client::SshClient;
use crate::ssh::connection::{Connection, LOGIN_TIME};
use crate::ssh::lent::config::Login;
use crate::ssh::lent::files;
use crate::ssh::lent::place::place;
use crate::ssh::lent::room::{Room, unusable};
use crate::ssh::lent::{Lent, explain, not_granted};
use bytes::Bytes;
use mcom_credentials::PublicIdentity;
use mcom_engine::tree::LinkFailure;
use mcom_model::{Access, AskKind, HostSpec, Reason, ReasonKind};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Command;

impl Lent {
    /// Connects to a host with a certificate that the coordinator gives.
    pub(in crate::ssh) async fn certified(
        &self,
        client: &Arc<SshClient>,
        host: &HostSpec,
        access: &Access,
        line: &mut impl Line,
    ) -> Result<Connection, LinkFailure> {
        let key = client.folder().join("key");
        let public = self.key.get_or_init(|| make_key(&key)).await.as_ref().map_err(|why| not_granted(why.clone()))?;
        let place = place(self.places.as_deref(), host, access).await?;
        let asked = line.ask(AskKind::Certificate, Bytes::new(), public.blob().clone());
        let granted = within(client.connect_timeout() + LOGIN_TIME, asked).await?;
        let certificate = fitting(granted, public)?;
        let room = Room::make(client, access)?;
        let file = room.folder.join("certificate.pub");
        files::write(&file, &format!("{}\n", certificate.to_line())).map_err(unusable)?;
        let login = Login {
            agent: None,
            identities: &[&key],
            certificate: Some(&file),
            known_hosts: &room.known_hosts,
            alias: &access.alias,
        };
        let config = self.config(client, &login)?;
        let made = Connection::make(Arc::clone(client), room.way(&config, host, &place, access)?).await;
        made.map_err(|failure| explain(failure, access))
    }
}

/// A key pair for this run, which ends with it.
async fn make_key(file: &Path) -> Result<PublicIdentity, Reason> {
    let failed = |kind, text: String| Reason::new(kind, format!("its parent cannot make a key: {text}"));
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "mcom", "-f"]).arg(file);
    let output = keygen.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.map_err(|error| failed(ReasonKind::ToolMissing, format!("ssh-keygen: {error}")))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let public = std::fs::read_to_string(file.with_extension("pub")).ok();
    let public = public.and_then(|line| PublicIdentity::from_line(&line).ok());
    public.ok_or_else(|| failed(ReasonKind::SshFailed, format!("ssh-keygen: {said}")))
}

/// What is granted in time: where the answer was lost on its way, the host must not be waited for without end.
async fn within(time: Duration, asked: impl Future<Output = Result<Bytes, Reason>>) -> Result<Bytes, LinkFailure> {
    let late = |_| {
        let text = format!("its parent got no answer to what it asked for within {} s", time.as_secs());
        LinkFailure::Unreachable(Reason::new(ReasonKind::ConnectTimeout, text))
    };
    tokio::time::timeout(time, asked).await.map_err(late)?.map_err(not_granted)
}

/// What came down must be a certificate for this very key.
fn fitting(granted: Bytes, key: &PublicIdentity) -> Result<PublicIdentity, LinkFailure> {
    let certificate = PublicIdentity::from_blob(granted, "mcom").ok();
    certificate.filter(|certificate| certificate.is_certificate() && certificate.same_key(key)).ok_or_else(|| {
        let text = "what the coordinator gave is no certificate for the key of its parent";
        LinkFailure::Refused(Reason::new(ReasonKind::CredentialRefused, text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_never_comes_is_not_waited_for() {
        let late = within(Duration::from_millis(1), std::future::pending()).await;
        let Err(LinkFailure::Unreachable(reason)) = late else { panic!("{late:?}") };
        assert_eq!(reason.kind, ReasonKind::ConnectTimeout);
        let granted = within(Duration::from_secs(60), async { Ok(Bytes::from_static(b"granted")) }).await;
        assert_eq!(granted.unwrap(), "granted");
    }
}
