//! One sshd for one connection at a time, and an ssh whose agent is this test: what the coordinator would do, in a room.

use bytes::{Bytes, BytesMut};
use mcom_credentials::agent::{self, Request};
use mcom_credentials::{KeyFile, KeyFileError, PrivateIdentity, PublicIdentity};
use std::fs::{create_dir, read, read_to_string, write};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread::{JoinHandle, spawn};
use tempfile::TempDir;

/// What ssh asked its agent to sign, and what it had said before.
#[derive(Clone, Debug)]
pub struct Heard {
    pub bind: Bytes,
    pub request: Bytes,
}

/// A room with the files of one server and one client.
pub struct Room {
    dir: TempDir,
    pub sshd: PathBuf,
}

impl Room {
    pub fn new() -> Self {
        let dir = TempDir::new().unwrap();
        // sshd started by root wants this folder, which the system's own service would have made.
        if mcom_testbed::is_root() {
            let _ = create_dir("/run/sshd");
        }
        let sshd = ["/usr/sbin/sshd", "/usr/bin/sshd"].map(PathBuf::from).into_iter().find(|path| path.exists());
        Self { dir, sshd: sshd.expect("sshd is installed") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        read_to_string(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, text: &str) {
        write(self.path(name), text).unwrap();
    }

    /// Makes a key of the given type, as `ssh-keygen -t` and `-b` have it.
    ///
    /// Of ECDSA keys, one whose secret number fills its field: the others are left to the agent, see
    /// [`KeyFileError::Unreadable`].
    pub fn keygen(&self, name: &str, kind: &str, bits: &str, passphrase: &str) {
        let file = self.path(name);
        loop {
            let mut command = Command::new("ssh-keygen");
            command.args(["-q", "-t", kind, "-N", "", "-C", name, "-f"]).arg(&file);
            if !bits.is_empty() {
                command.args(["-b", bits]);
            }
            run(&mut command);
            match KeyFile::parse(&read(&file).unwrap()) {
                Err(KeyFileError::Unreadable) if kind == "ecdsa" => std::fs::remove_file(&file).unwrap(),
                _ => break,
            }
        }
        if !passphrase.is_empty() {
            run(Command::new("ssh-keygen").args(["-q", "-p", "-P", "", "-N", passphrase, "-f"]).arg(&file));
        }
    }

    /// Has an authority certify a key; more arguments say for whom.
    pub fn certify(&self, authority: &str, key: &str, args: &[&str]) {
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-s"]).arg(self.path(authority)).args(["-I", "a test"]).args(args);
        run(command.arg(self.path(&format!("{key}.pub"))));
    }

    pub fn public(&self, name: &str) -> PublicIdentity {
        PublicIdentity::from_line(self.text(name).trim()).unwrap()
    }

    pub fn private(&self, name: &str) -> PrivateIdentity {
        match KeyFile::parse(&read(self.path(name)).unwrap()).unwrap() {
            KeyFile::Open(key) => key,
            KeyFile::Locked(_) => panic!("{name} has a passphrase"),
        }
    }

    /// Lets one client in with these lines of sshd_config; gives the port.
    pub fn serve(&self, config: &str) -> (u16, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let common = "StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n\
                      KbdInteractiveAuthentication no\nLogLevel VERBOSE\nPidFile none\n";
        self.write("sshd_config", &format!("{common}{config}\n"));
        let mut command = Command::new(&self.sshd);
        command.args(["-i", "-e", "-f"]).arg(self.path("sshd_config"));
        let server = spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let output = command.stdin(dup(&stream)).stdout(dup(&stream)).stderr(Stdio::piped()).spawn().unwrap();
            drop(stream);
            String::from_utf8_lossy(&output.wait_with_output().unwrap().stderr).into_owned()
        });
        (port, server)
    }

    /// Runs ssh to that port with these lines of ssh_config, which come first.
    pub fn ssh(&self, port: u16, config: &str, command: &str) -> Output {
        let common = format!(
            "Host child\nHostName 127.0.0.1\nPort {port}\nUser {}\nBatchMode yes\nIdentitiesOnly yes\n\
             StrictHostKeyChecking yes\nHostKeyAlias child\nUserKnownHostsFile {}\nGlobalKnownHostsFile /dev/null\n\
             PreferredAuthentications publickey\n",
            user(),
            self.path("known_hosts").display()
        );
        self.write("ssh_config", &format!("{config}\n{common}"));
        Command::new("ssh").arg("-F").arg(self.path("ssh_config")).args(["child", command]).output().unwrap()
    }

    /// An agent that has these keys, for one client: what it heard, where `sign` gave a signature or not.
    pub fn agent(
        &self,
        keys: Vec<PublicIdentity>,
        mut sign: impl FnMut(&Heard) -> Option<Vec<u8>> + Send + 'static,
    ) -> JoinHandle<Vec<Heard>> {
        let path = self.path("agent");
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            answer(stream, &keys, &mut sign)
        })
    }
}

fn answer(
    mut stream: UnixStream,
    keys: &[PublicIdentity],
    sign: &mut dyn FnMut(&Heard) -> Option<Vec<u8>>,
) -> Vec<Heard> {
    let mut buffer = BytesMut::new();
    let mut bind = Bytes::new();
    let mut heard = Vec::new();
    let mut piece = [0; 4096];
    loop {
        while let Some(request) = agent::next_request(&mut buffer).unwrap() {
            let answer = match request {
                Request::SessionBind(body) => {
                    bind = body;
                    agent::SUCCESS.to_vec()
                }
                Request::Identities => agent::identities_answer(keys),
                Request::Sign(request) => {
                    heard.push(Heard { bind: bind.clone(), request });
                    let signature = sign(heard.last().unwrap());
                    signature.map_or(agent::FAILURE.to_vec(), |signature| agent::signature_answer(&signature))
                }
                Request::Other(_) => agent::FAILURE.to_vec(),
            };
            stream.write_all(&answer).unwrap();
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return heard,
            Ok(len) => buffer.extend_from_slice(&piece[..len]),
        }
    }
}

pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn user() -> String {
    run(Command::new("id").arg("-un")).trim().to_owned()
}

fn dup(stream: &std::net::TcpStream) -> Stdio {
    Stdio::from(std::os::fd::OwnedFd::from(stream.try_clone().unwrap()))
}
