//! What is run: a command or a script, with everything that makes two payloads the same or not.

use crate::credentials::RunAs;
use crate::digest::{Digest, DigestHasher};
use serde::{Deserialize, Serialize};

/// The kind of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PayloadKind {
    /// Text for `/bin/sh -c`.
    Command,
    /// A file that is executed; its interpreter line is honoured, `/bin/sh` without one.
    Script,
    /// A question to the node itself, which answers from the host's spool and starts nothing. Its blob is the question
    /// as JSON.
    Inquiry,
}

/// Bytes that travel down the tree, named by their digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    /// The BLAKE3 digest of the bytes.
    pub digest: Digest,
    /// How many bytes.
    pub len: u64,
}

impl BlobRef {
    /// These bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { digest: Digest::of(bytes), len: bytes.len() as u64 }
    }
}

/// What every host of a run runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// Command or script.
    pub kind: PayloadKind,
    /// What people call it: the script's file name, or the command itself, cut to a line.
    pub name: String,
    /// The bytes: the script, or the command's text.
    pub blob: BlobRef,
    /// Arguments of a script.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Environment, in the order given; the last of two equal names wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<(String, String)>,
    /// Working directory; the user's home without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Standard input; `/dev/null` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<BlobRef>,
    /// The user it runs as, where that is not the login user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_as: Option<RunAs>,
}

impl Payload {
    /// One that has nothing beside its bytes.
    pub fn plain(kind: PayloadKind, name: impl Into<String>, blob: BlobRef) -> Self {
        let (args, env) = (Vec::new(), Vec::new());
        Self { kind, name: name.into(), blob, args, env, cwd: None, stdin: None, run_as: None }
    }

    /// The payload's identity: equal exactly where kind, bytes, arguments, environment, working directory,
    /// standard input and user are. Its display name does not count.
    pub fn id(&self) -> Digest {
        let mut hasher = DigestHasher::default();
        let mut field = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        field(match self.kind {
            PayloadKind::Command => b"command",
            PayloadKind::Script => b"script",
            PayloadKind::Inquiry => b"inquiry",
        });
        field(self.blob.digest.as_bytes());
        field(&(self.args.len() as u64).to_le_bytes());
        self.args.iter().for_each(|arg| field(arg.as_bytes()));
        field(&(self.env.len() as u64).to_le_bytes());
        for (key, value) in &self.env {
            field(key.as_bytes());
            field(value.as_bytes());
        }
        for optional in [
            self.cwd.as_deref().map(str::as_bytes),
            self.stdin.as_ref().map(|blob| blob.digest.as_bytes().as_slice()),
            self.run_as.as_ref().map(|run_as| run_as.user.as_bytes()),
        ] {
            field(&[u8::from(optional.is_some())]);
            field(optional.unwrap_or_default());
        }
        hasher.finish()
    }

    /// Everything that must reach a host before the payload can start there.
    pub fn blobs(&self) -> impl Iterator<Item = BlobRef> {
        let stdin = self.stdin.filter(|stdin| stdin.digest != self.blob.digest);
        std::iter::once(self.blob).chain(stdin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::RunAsTool;

    fn payload() -> Payload {
        Payload {
            kind: PayloadKind::Script,
            name: "fix.sh".into(),
            blob: BlobRef { digest: Digest::of(b"echo hi"), len: 7 },
            args: vec!["a".into(), "bc".into()],
            env: vec![],
            cwd: None,
            stdin: None,
            run_as: None,
        }
    }

    #[test]
    fn identity_sees_every_field_but_the_name() {
        let base = payload();
        let renamed = Payload { name: "other".into(), ..payload() };
        assert_eq!(base.id(), renamed.id());
        let others = [
            Payload { kind: PayloadKind::Command, ..payload() },
            Payload { blob: BlobRef { digest: Digest::of(b"x"), len: 1 }, ..payload() },
            Payload { args: vec!["ab".into(), "c".into()], ..payload() },
            Payload { env: vec![("a".into(), "bc".into())], args: vec![], ..payload() },
            Payload { cwd: Some("".into()), ..payload() },
            Payload { stdin: Some(base.blob), ..payload() },
            Payload { run_as: Some(RunAs { tool: RunAsTool::Sudo, user: "root".into() }), ..payload() },
        ];
        for other in others {
            assert_ne!(base.id(), other.id(), "{other:?}");
        }
    }
}
