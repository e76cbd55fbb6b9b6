//! Every setting with its built-in value.

use crate::args::{ColorChoice, FoldIgnore, OutputChoice, ProgressChoice};
use crate::config::policy::PolicySettings;
use mcom_driver::authority::CaSettings;
use mcom_fleet::dc::DcNameRule;
use mcom_model::{Credentials, limits};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How parents log in on their children where nothing says it.
const CREDENTIALS: Credentials = Credentials::Auto;

/// All settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Inventory files, later ones over earlier ones.
    pub inventory: Setting<Vec<String>>,
    /// How a host's name says its datacenter.
    pub dc_from_name: Setting<Option<(String, DcNameRule)>>,
    /// Payloads running at once in each datacenter.
    pub fanout: Setting<u32>,
    /// Payloads running at once in each datacenter when a run begins.
    pub opening: Setting<u32>,
    /// Children per parent.
    pub width: Setting<u32>,
    /// Levels below the coordinator.
    pub depth: Setting<Option<u32>>,
    /// Time for one connection to be made.
    pub connect_timeout: Setting<Duration>,
    /// Time for the payload on each host.
    pub command_timeout: Setting<Option<Duration>>,
    /// Payloads running at once over all datacenters.
    pub global_fanout: Setting<Option<u32>>,
    /// Time for the whole run.
    pub deadline: Setting<Option<Duration>>,
    /// Bad hosts after which nothing new starts.
    pub max_fail: Setting<Option<u64>>,
    /// Time to wait for another run that holds a host.
    pub lock_wait: Setting<Option<Duration>>,
    /// Bytes kept of each stream of each host.
    pub output_cap: Setting<u64>,
    /// How parents reach their children.
    pub credentials: Setting<Credentials>,
    /// How output is shown.
    pub output: Setting<OutputChoice>,
    /// What outputs may differ in and still fold together.
    pub fold_ignore: Setting<Vec<FoldIgnore>>,
    /// How progress is shown.
    pub progress: Setting<ProgressChoice>,
    /// When colour is used.
    pub color: Setting<ColorChoice>,
    /// The folder that holds `mcom/runs`.
    pub state_home: Setting<PathBuf>,
    /// The long links, from the coordinator.
    pub ssh: LinkSettings,
    /// Private keys to log in with, before those of the `ssh_config`.
    pub ssh_identity: Setting<Vec<String>>,
    /// Who certifies, and within which bounds.
    pub certificate: CertificateSettings,
    /// The links inside a datacenter, from parents.
    pub inner: LinkSettings,
    /// What a run must keep.
    pub policy: PolicySettings,
}

/// How SSH connects on one kind of link.
#[derive(Clone, Debug, Default)]
pub struct LinkSettings {
    /// An `ssh_config`: here for the long links, on the parents for the inner ones.
    pub config: Setting<Option<String>>,
    /// The user where nothing else names one.
    pub user: Setting<Option<String>>,
    /// Further options, as after `ssh -o`.
    pub options: Setting<Vec<String>>,
}

/// Who certifies the keys of parents, and within which bounds.
#[derive(Clone, Debug)]
pub struct CertificateSettings {
    /// The key of the certificate authority: a file, or `agent:` and its fingerprint.
    pub ca: Setting<Option<String>>,
    /// Addresses and ranges that parents may log in from, besides those that their names resolve to.
    pub source: Setting<Vec<String>>,
    /// How many minutes a certificate is valid.
    pub minutes: Setting<u32>,
}

impl CertificateSettings {
    /// How long a certificate is valid.
    pub fn valid(&self) -> Duration {
        Duration::from_secs(u64::from(self.minutes.value) * 60)
    }
}

impl Default for CertificateSettings {
    fn default() -> Self {
        let minutes = u32::try_from(CaSettings::VALID.as_secs() / 60).unwrap_or(1);
        Self { ca: Setting::default(), source: Setting::default(), minutes: Setting::built_in(minutes) }
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The program.
    #[default]
    BuiltIn,
    /// A line of a file.
    File {
        /// The file.
        path: String,
        /// The line.
        line: usize,
    },
    /// A variable of the environment.
    Environment(&'static str),
}

impl<T> Setting<T> {
    /// A built-in value.
    pub const fn built_in(value: T) -> Self {
        Self { value, origin: Origin::BuiltIn }
    }
}

impl Settings {
    /// The settings without any file.
    pub fn built_in(state_home: Setting<PathBuf>) -> Self {
        Self {
            inventory: Setting::built_in(Vec::new()),
            dc_from_name: Setting::built_in(None),
            fanout: Setting::built_in(limits::FANOUT),
            opening: Setting::built_in(limits::SLOW_START),
            width: Setting::built_in(limits::WIDTH),
            depth: Setting::built_in(None),
            connect_timeout: Setting::built_in(Duration::from_millis(limits::CONNECT_TIMEOUT_MS)),
            command_timeout: Setting::built_in(None),
            global_fanout: Setting::built_in(None),
            deadline: Setting::built_in(None),
            max_fail: Setting::built_in(None),
            lock_wait: Setting::built_in(None),
            output_cap: Setting::built_in(limits::OUTPUT_CAP),
            credentials: Setting::built_in(CREDENTIALS),
            output: Setting::built_in(OutputChoice::Auto),
            fold_ignore: Setting::built_in(Vec::new()),
            progress: Setting::built_in(ProgressChoice::Auto),
            color: Setting::built_in(ColorChoice::Auto),
            state_home,
            ssh: LinkSettings::default(),
            ssh_identity: Setting::default(),
            certificate: CertificateSettings::default(),
            inner: LinkSettings::default(),
            policy: PolicySettings::default(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Environment(name) => write!(f, "${name}"),
        }
    }
}
