//! Diagnostics on standard error: `-vv`, or `MCOM_LOG` with a filter such as `mcom_driver=trace`.

use tracing_subscriber::EnvFilter;

/// What `-vv` shows.
const VERY_VERBOSE: &str = "mcom_cli=debug,mcom_driver=debug,mcom_engine=debug,mcom_ledger=debug";

/// Starts diagnostics where they are asked for.
pub fn start(verbose: u8) {
    let filter = match std::env::var("MCOM_LOG") {
        Ok(filter) if !filter.is_empty() => filter,
        _ if verbose >= 2 => VERY_VERBOSE.to_owned(),
        _ => return,
    };
    let subscriber = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(EnvFilter::new(filter));
    // Only a test could have started them before.
    let _ = subscriber.try_init();
}
