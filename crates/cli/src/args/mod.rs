//! The command line as it is typed. Nothing here opens a file or knows what a pattern means.

mod advice;
mod command;
mod groups;
mod rollout;
mod value;

pub use advice::{Parsed, no_hosts, parse};
pub use command::{
    AskedArgs, CancelArgs, Cli, ConfigArgs, ConfigVerb, DoctorArgs, HistoryArgs, HostsArgs, LogArgs, LogOrder,
    PingArgs, PlanArgs, ResumeArgs, RetryArgs, RunArgs, Verb, WatchArgs, WhoArgs, reference,
};
pub use groups::{
    ColorChoice, CredentialsArgs, FoldIgnore, InquiryArgs, LockArgs, OutputArgs, OutputChoice, PaceArgs, PasswordArgs,
    PayloadArgs, ProgressChoice, RunAsArgs, SafetyArgs, SshArgs, TargetArgs, TreeArgs, Yes, YesArgs,
};
pub use rollout::{
    DetachArgs, RolloutArgs, RolloutGoOnArgs, RolloutInitArgs, RolloutListArgs, RolloutOrderArgs, RolloutPlanArgs,
    RolloutReachArgs, RolloutResumeArgs, RolloutStartArgs, RolloutStatusArgs, RolloutUndoArgs, RolloutVerb,
    RolloutWatchArgs, StagesArgs,
};
pub use value::{EnvVar, Pick, duration, size, size_text};
