//! What the private agent answers: the public keys of the run, and for the first login that is to be signed, what the
//! coordinator says.

use bytes::{Bytes, BytesMut};
use mcom_credentials::PublicIdentity;
use mcom_credentials::agent::{FAILURE, Request, SUCCESS, identities_answer, next_request, signature_answer};
use mcom_model::{AskKind, Reason, ReasonKind};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The line to the coordinator.
pub trait Line {
    /// Asks for something, and waits for what the coordinator grants, or why it does not.
    fn ask(&mut self, kind: AskKind, bind: Bytes, request: Bytes)
    -> impl Future<Output = Result<Bytes, Reason>> + Send;
}

/// Answers one ssh until it has parted. Ends at once, without an answer, when something was refused: that ssh need not
/// try what is left to it.
pub async fn serve(
    mut ssh: impl AsyncRead + AsyncWrite + Unpin,
    identities: &[PublicIdentity],
    line: &mut impl Line,
) -> Result<(), Reason> {
    let mut buffer = BytesMut::new();
    let mut bound = None;
    loop {
        let Ok(request) = next_request(&mut buffer) else { return Ok(()) };
        let Some(request) = request else {
            match ssh.read_buf(&mut buffer).await {
                Ok(1..) => continue,
                Ok(0) | Err(_) => return Ok(()),
            }
        };
        let answer = match request {
            Request::Identities => identities_answer(identities),
            // The first one is of the login; a second would be somebody who uses this connection for another.
            Request::SessionBind(bind) if bound.is_none() => {
                bound = Some(bind);
                SUCCESS.to_vec()
            }
            Request::Sign(request) => match &bound {
                Some(bind) => signature_answer(&line.ask(AskKind::Signature, bind.clone(), request).await?),
                None => return Err(no_bind()),
            },
            Request::SessionBind(_) | Request::Other(_) => FAILURE.to_vec(),
        };
        if ssh.write_all(&answer).await.is_err() {
            return Ok(());
        }
    }
}

fn no_bind() -> Reason {
    let text = "the ssh of its parent does not say which login it wants signed: it is older than OpenSSH 8.9";
    Reason::new(ReasonKind::RelayImpossible, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_credentials::agent::{AgentAnswer, identities_request, next_answer, session_bind_request, sign_request};
    use tokio::io::DuplexStream;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGKQlWHOEN5CCDVRhYSB6nFWiNuFYCLvDmN5wuMO5sKx of a test";

    /// Signs whatever comes, and keeps it.
    #[derive(Default)]
    struct Signer {
        asked: Vec<(Bytes, Bytes)>,
        refusal: Option<Reason>,
    }

    impl Line for Signer {
        async fn ask(&mut self, kind: AskKind, bind: Bytes, request: Bytes) -> Result<Bytes, Reason> {
            assert_eq!(kind, AskKind::Signature);
            self.asked.push((bind, request));
            self.refusal.clone().map_or(Ok(Bytes::from_static(b"signature")), Err)
        }
    }

    struct Client(DuplexStream, BytesMut);

    impl Client {
        async fn ask(&mut self, message: Vec<u8>) -> Option<AgentAnswer> {
            self.0.write_all(&message).await.unwrap();
            loop {
                if let Some(answer) = next_answer(&mut self.1).unwrap() {
                    return Some(answer);
                }
                if self.0.read_buf(&mut self.1).await.unwrap() == 0 {
                    return None;
                }
            }
        }
    }

    /// Lets a client speak with an agent; returns how that ended, and what was asked for.
    async fn talk<F: Future<Output = ()>>(
        refusal: Option<Reason>,
        speak: impl FnOnce(Client) -> F,
    ) -> (Result<(), Reason>, Vec<(Bytes, Bytes)>) {
        let (client, agent) = tokio::io::duplex(1 << 20);
        let mut line = Signer { refusal, ..Signer::default() };
        let keys = [PublicIdentity::from_line(KEY).unwrap()];
        let (served, ()) = tokio::join!(serve(agent, &keys, &mut line), speak(Client(client, BytesMut::new())));
        (served, line.asked)
    }

    #[tokio::test]
    async fn a_login_is_signed_with_the_bind_that_came_before_it() {
        let (served, asked) = talk(None, |mut client| async move {
            assert_eq!(client.ask(session_bind_request(b"bind")).await, Some(AgentAnswer::Success));
            let keys = vec![PublicIdentity::from_line(KEY).unwrap()];
            assert_eq!(client.ask(identities_request()).await, Some(AgentAnswer::Identities(keys)));
            let signature = AgentAnswer::Signature(Bytes::from_static(b"signature"));
            assert_eq!(client.ask(sign_request(b"request")).await, Some(signature));
        })
        .await;
        assert_eq!(served, Ok(()));
        assert_eq!(asked, [(Bytes::from_static(b"bind"), Bytes::from_static(b"request"))]);
    }

    #[tokio::test]
    async fn without_a_bind_nothing_is_asked_for() {
        let (served, asked) = talk(None, |mut client| async move {
            assert_eq!(client.ask(sign_request(b"request")).await, None);
        })
        .await;
        assert_eq!(served.unwrap_err().kind, ReasonKind::RelayImpossible);
        assert_eq!(asked, []);
    }

    #[tokio::test]
    async fn a_refusal_ends_the_talk_with_its_reason() {
        let refusal = Reason::new(ReasonKind::CredentialRefused, "not this one");
        let (served, asked) = talk(Some(refusal.clone()), |mut client| async move {
            client.ask(session_bind_request(b"bind")).await;
            assert_eq!(client.ask(sign_request(b"request")).await, None);
        })
        .await;
        assert_eq!(served, Err(refusal));
        assert_eq!(asked.len(), 1);
    }

    #[tokio::test]
    async fn everything_else_is_refused_here() {
        let (served, asked) = talk(None, |mut client| async move {
            assert_eq!(client.ask(session_bind_request(b"bind")).await, Some(AgentAnswer::Success));
            assert_eq!(client.ask(session_bind_request(b"other")).await, Some(AgentAnswer::Failure));
            for kind in (0..=255).filter(|kind| ![11, 13, 27].contains(kind)) {
                assert_eq!(client.ask(vec![0, 0, 0, 1, kind]).await, Some(AgentAnswer::Failure), "{kind}");
            }
            client.ask(sign_request(b"request")).await;
            // What is no message ends it.
            assert_eq!(client.ask(vec![255; 5]).await, None);
        })
        .await;
        assert_eq!(served, Ok(()));
        assert_eq!(asked, [(Bytes::from_static(b"bind"), Bytes::from_static(b"request"))]);
    }
}
