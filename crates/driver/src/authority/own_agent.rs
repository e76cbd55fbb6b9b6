//! The agent that the coordinator's own links ask. It passes everything on to the operator's, signs itself with the keys
//! whose passphrase was asked for, and remembers the sessions that were bound: they begin every way to a child.

use crate::authority::agent::Agent;
use bytes::{Buf as _, Bytes, BytesMut};
use mcom_credentials::agent::{
    AgentAnswer, FAILURE, MESSAGE, Request, SUCCESS, identities_answer, identities_request, next_answer, next_request,
    signature_answer,
};
use mcom_credentials::{Bind, PrivateIdentity, PublicIdentity, SignRequest};
use std::io;
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::oneshot;

/// The coordinator's own agent, on a thread of its own: what the run's loop does cannot hold up a login.
#[derive(Debug)]
pub(super) struct OwnAgent {
    socket: PathBuf,
    inside: Arc<Inside>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Inside {
    behind: Option<Agent>,
    unlocked: Vec<Arc<PrivateIdentity>>,
    /// The newest session of each host key.
    binds: Mutex<Vec<Bind>>,
}

impl OwnAgent {
    /// Listens in `folder`, which nobody else may enter.
    pub(super) fn start(folder: &Path, behind: Option<Agent>, unlocked: Vec<Arc<PrivateIdentity>>) -> io::Result<Self> {
        let socket = folder.join("agent");
        let listener = StdListener::bind(&socket)?;
        listener.set_nonblocking(true)?;
        let inside = Arc::new(Inside { behind, unlocked, binds: Mutex::default() });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let serving = Arc::clone(&inside);
        let thread = std::thread::Builder::new().name("agent".into()).spawn(move || {
            runtime.block_on(async move {
                tokio::select! {
                    () = serve(listener, serving) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { socket, inside, stop: Some(stop), thread: Some(thread) })
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// The newest session that was bound to a host key of which this holds.
    pub(super) fn bind_of(&self, is_of_host: impl Fn(&Bind) -> bool) -> Option<Bind> {
        let binds = self.inside.binds.lock().unwrap_or_else(PoisonError::into_inner);
        binds.iter().rev().find(|bind| is_of_host(bind)).cloned()
    }
}

impl Drop for OwnAgent {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.socket);
    }
}

async fn serve(listener: StdListener, inside: Arc<Inside>) {
    let Ok(listener) = UnixListener::from_std(listener) else { return };
    let me = rustix::process::geteuid().as_raw();
    // An accept that fails is tried again by whoever connects.
    loop {
        match listener.accept().await {
            Ok((client, _)) if client.peer_cred().is_ok_and(|peer| peer.uid() == me) => {
                let inside = Arc::clone(&inside);
                tokio::spawn(async move {
                    let _ = Conversation { inside, behind: None }.hold(client).await;
                });
            }
            Ok(_) => {}
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

/// One client's connection, and the one to the operator's agent that belongs to it.
struct Conversation {
    inside: Arc<Inside>,
    behind: Option<UnixStream>,
}

impl Conversation {
    async fn hold(mut self, mut client: UnixStream) -> io::Result<()> {
        while let Some(message) = next_message(&mut client).await? {
            let request = next_request(&mut BytesMut::from(&message[..])).map_err(io::Error::other)?;
            let answer = match request {
                Some(Request::SessionBind(bind)) => self.bound(&bind, &message).await,
                Some(Request::Identities) => self.identities().await,
                Some(Request::Sign(body)) => self.sign(&body, &message).await,
                _ => self.pass(&message).await.unwrap_or_else(|| FAILURE.to_vec()),
            };
            client.write_all(&answer).await?;
        }
        Ok(())
    }

    async fn bound(&mut self, body: &[u8], message: &[u8]) -> Vec<u8> {
        if let Ok(bind) = Bind::parse(body) {
            let mut binds = self.inside.binds.lock().unwrap_or_else(PoisonError::into_inner);
            binds.retain(|known| known.host_key != bind.host_key);
            binds.push(bind);
        }
        self.pass(message).await.unwrap_or_else(|| SUCCESS.to_vec())
    }

    /// The operator's keys and those that were unlocked.
    async fn identities(&mut self) -> Vec<u8> {
        let answer = self.pass(&identities_request()).await.unwrap_or_default();
        let mut keys = match next_answer(&mut BytesMut::from(&answer[..])) {
            Ok(Some(AgentAnswer::Identities(keys))) => keys,
            _ => Vec::new(),
        };
        let unlocked = self.inside.unlocked.iter().map(|key| key.public());
        keys.extend(unlocked.filter(|key| !keys.contains(key)).cloned().collect::<Vec<PublicIdentity>>());
        identities_answer(&keys)
    }

    async fn sign(&mut self, body: &[u8], message: &[u8]) -> Vec<u8> {
        let own = SignRequest::parse(body).ok().and_then(|request| {
            let key = self.inside.unlocked.iter().find(|key| *key.public().blob() == request.key)?;
            key.sign(&request.data, request.flags).ok()
        });
        match own {
            Some(signature) => signature_answer(&signature),
            None => self.pass(message).await.unwrap_or_else(|| FAILURE.to_vec()),
        }
    }

    /// What the operator's agent answers; none where there is none, or it does not.
    async fn pass(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let agent = self.inside.behind.as_ref()?;
        let mut stream = match self.behind.take() {
            Some(stream) => stream,
            None => UnixStream::connect(&agent.socket).await.ok()?,
        };
        stream.write_all(message).await.ok()?;
        let answer = next_message(&mut stream).await.ok()??;
        self.behind = Some(stream);
        Some(answer)
    }
}

/// The next message as it is, with its length; none where the other end has hung up.
async fn next_message(stream: &mut UnixStream) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; 4];
    match stream.read_exact(&mut head).await {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let len = Bytes::copy_from_slice(&head).get_u32() as usize;
    if !(1..=MESSAGE).contains(&len) {
        return Err(io::Error::other("a message of the agent protocol has no such length"));
    }
    let mut message = head.to_vec();
    message.resize(head.len() + len, 0);
    stream.read_exact(&mut message[head.len()..]).await?;
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    /// What `ssh-add -l` says of this agent as this user.
    fn list(socket: &Path, user: Option<&str>) -> String {
        let mut command = match user {
            Some(user) => {
                let mut as_user = Command::new("setpriv");
                as_user.args(["--reuid", user, "--regid", user, "--clear-groups", "ssh-add", "-l"]);
                as_user
            }
            None => {
                let mut list = Command::new("ssh-add");
                list.arg("-l");
                list
            }
        };
        let output = command.env("SSH_AUTH_SOCK", socket).output().unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    #[test]
    fn only_its_own_user_is_spoken_with() {
        let folder = tempfile::tempdir().unwrap();
        let agent = OwnAgent::start(folder.path(), None, vec![]).unwrap();
        assert!(list(agent.socket(), None).contains("no identities"));
        if rustix::process::geteuid().is_root() {
            // Even where the folder does not keep others out.
            for path in [folder.path(), agent.socket()] {
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
            }
            let said = list(agent.socket(), Some("65534"));
            assert!(!said.contains("no identities"), "{said}");
        }
    }

    #[test]
    fn an_agent_behind_that_is_gone_leaves_the_own_keys() {
        let folder = tempfile::tempdir().unwrap();
        let behind = Agent { socket: folder.path().join("nobody") };
        let agent = OwnAgent::start(folder.path(), Some(behind), vec![]).unwrap();
        assert!(list(agent.socket(), None).contains("no identities"));
    }
}
