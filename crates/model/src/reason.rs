//! Why a host is not ok when its payload is not to blame, and what mends it.

use crate::{heard, limits};
use serde::{Deserialize, Serialize};

/// The class of a reason. Every class has one mend, so all views give the same advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonKind {
    /// The connection was not made in time.
    ConnectTimeout,
    /// The address refused the connection.
    ConnectionRefused,
    /// The name has no address.
    NameNotResolved,
    /// The network has no way there.
    NoRoute,
    /// SSH refused every credential.
    AuthRefused,
    /// The operator's agent, or key, did not sign.
    AgentRefused,
    /// The host's key is not known here.
    HostKeyUnknown,
    /// The host's key is another than the known one.
    HostKeyChanged,
    /// The parent's ssh or the child's sshd lacks what relay needs.
    RelayImpossible,
    /// The coordinator refused what the parent asked for.
    CredentialRefused,
    /// The parent's sshd opens no streams to its children.
    ForwardingRefused,
    /// sudo or doas let nobody in.
    RunAsRefused,
    /// SSH failed in a way of its own.
    SshFailed,
    /// The connection broke before the payload started.
    LinkLost,
    /// There is no node for this host's architecture.
    NoNodeForArchitecture,
    /// The login shell prints before the node speaks.
    LoginShellNoise,
    /// The account cannot run commands.
    NoShell,
    /// The spool lies on a file system mounted noexec.
    SpoolNoexec,
    /// The spool has no room.
    SpoolFull,
    /// The spool cannot be written.
    SpoolReadOnly,
    /// The spool belongs to somebody else, is a link, or belongs to another machine.
    SpoolUnsafe,
    /// The host lacks a program that putting the node there needs.
    ToolMissing,
    /// The node that arrived is not the node that was sent.
    NodeDigestMismatch,
    /// The payload that arrived is not the payload that was sent.
    PayloadDigestMismatch,
    /// The node and the coordinator speak different protocols.
    ProtocolVersion,
    /// A frame broke the protocol.
    ProtocolViolation,
    /// Another run holds the host.
    Busy,
    /// The payload could not be executed (interpreter missing, working directory missing).
    CannotExecute,
    /// This attempt was claimed before: it is never started twice.
    AlreadyClaimed,
    /// The parent above the host was lost.
    ParentLost,
    /// The link was lost after the payload may have started.
    LostWhileRunning,
    /// The supervisor ended without a receipt.
    SupervisorLost,
    /// Another user of the host has claimed the attempt, because another link logged in as another user.
    OtherUser,
    /// The host rebooted between claim and receipt.
    Rebooted,
    /// The host's login manager ends everything of a user whose session ends.
    SessionKills,
    /// The host has this payload already.
    AlreadyRan,
    /// The run was cancelled, and the word has not reached the host.
    CancelPending,
    /// The run's deadline had come before this host started.
    Deadline,
    /// The run was cancelled before this host started.
    Cancelled,
    /// The run was halted before this host started.
    Halted,
    /// The coordinator cannot write its ledger, so nothing new starts.
    LedgerFull,
    /// A fault inside mcom.
    Internal,
}

/// Why a host ended as it did: the class, and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The class.
    pub kind: ReasonKind,
    /// What was seen, in one line. May hold remote bytes: pass it through the sanitiser before a terminal.
    #[serde(deserialize_with = "heard::reason")]
    pub text: String,
}

impl Reason {
    /// A reason of `kind`; `text` is cut to [`limits::REASON_BYTES`].
    pub fn new(kind: ReasonKind, text: impl Into<String>) -> Self {
        Self { kind, text: heard::cut(text.into(), limits::REASON_BYTES) }
    }

    /// What to do about it, where there is something to do.
    pub const fn mend(&self) -> Option<&'static str> {
        self.kind.mend()
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl ReasonKind {
    /// What to do about a reason of this class.
    pub const fn mend(self) -> Option<&'static str> {
        Some(match self {
            Self::ConnectTimeout => "check that the host is up, or give more time with --connect-timeout",
            Self::ConnectionRefused => "check that sshd runs there, and the port in the inventory",
            Self::NameNotResolved => "set `address` in the inventory, or HostName in ssh_config",
            Self::NoRoute => "check the route to the host from its parent",
            Self::AuthRefused => {
                "check the user and that the key is in authorized_keys: ssh HOST true; with --credentials certificate, that the line of mcom doctor --ca is there, and [certificate] source"
            }
            Self::AgentRefused => {
                "look at ssh-add -l here; where the key is constrained, allow the way from parent to child: ssh-add -h 'PARENT>HOST' KEY; or go on with --credentials transit"
            }
            Self::HostKeyUnknown => {
                "add the host's key to known_hosts here: mcom ping --learn -h HOST; with --credentials own, on its parent: ssh HOST true"
            }
            Self::HostKeyChanged => {
                "find out why the key changed; then ssh-keygen -R HOST -f FILE; mcom ping --learn -h HOST; with --credentials own, on its parent: ssh HOST true"
            }
            Self::RelayImpossible => {
                "let this host be reached with --credentials transit, or put OpenSSH 8.9 or later there"
            }
            Self::CredentialRefused => "look at the parent that the log names: it asked for what its plan does not say",
            Self::ForwardingRefused => {
                "set AllowTcpForwarding local in the sshd_config of the parent, or choose another one with --parents"
            }
            Self::RunAsRefused => {
                "let the login user do it without a password there, so that this succeeds: sudo -n -u USER true (or doas -n); or give the password: --sudo -K with --credentials transit"
            }
            Self::SshFailed => "try the same with ssh -v HOST true",
            Self::LinkLost | Self::ParentLost => "run it again on these hosts",
            Self::NoNodeForArchitecture => "put a node for this architecture under lib/mcom/node/ of mcom's prefix",
            Self::LoginShellNoise => {
                "make the shell's start-up files silent when there is no terminal: [ -t 1 ] || return"
            }
            Self::NoShell => "give the account a login shell, or use another user with -l",
            Self::SpoolNoexec => "set MCOM_SPOOL in the login environment to a folder that may execute programs",
            Self::SpoolFull => "make room in the spool, or move it with MCOM_SPOOL",
            Self::SpoolReadOnly => "make the spool writable, or move it with MCOM_SPOOL",
            Self::SpoolUnsafe => {
                "remove the folder that stands in the spool's place, or move the spool with MCOM_SPOOL"
            }
            Self::ToolMissing => "install the missing program",
            Self::NodeDigestMismatch | Self::PayloadDigestMismatch => {
                "check the host's disk and memory, then run it again"
            }
            Self::ProtocolVersion => "use the node that belongs to this mcom",
            Self::ProtocolViolation => "look at the host: something there does not speak as a node does",
            Self::Busy => "wait for the other run to end, or try again and let it wait: mcom retry --lock-wait 10m",
            Self::SessionKills => "set KillUserProcesses=no in logind.conf there, or name the user in KillExcludeUsers",
            Self::CancelPending => "bring the host back, then mcom resume gives it the word",
            Self::Deadline => "give more time with --deadline, then mcom retry",
            Self::CannotExecute => "check the interpreter line and the working directory on the host",
            Self::OtherUser => "let all links log in as one user ([ssh] user, [ssh.inner] user), then mcom resume",
            Self::LostWhileRunning => "mcom resume asks the host again when it can be reached",
            Self::SupervisorLost | Self::Rebooted => {
                "look at the host before you run it there again: the payload may have run in part"
            }
            Self::LedgerFull => "make room for the ledger, then run the rest",
            Self::AlreadyClaimed | Self::AlreadyRan | Self::Cancelled | Self::Halted | Self::Internal => return None,
        })
    }
}
