//! All pieces, in the order in which a run needs them.

use crate::config::{Environment, Settings, load};
use crate::doctor::Finding;
use crate::doctor::authority::authority;
use crate::doctor::machine::{ledger, nodes, open_files};
use crate::doctor::ssh::{Client, keys, known_hosts, version};
use crate::error::CliError;

/// Looks at everything. Changes nothing, and touches no host.
pub fn examine(environment: &Environment) -> Vec<Finding> {
    let (settings, configuration) = match load(environment) {
        Ok(settings) => (settings, Finding::ok("configuration", files(environment))),
        Err(error) => (built_in(environment), unusable(&error)),
    };
    let client = Client::ask(&settings);
    let mut findings = vec![configuration, version()];
    findings.extend(keys(client.as_ref()));
    findings.push(known_hosts(client.as_ref()));
    findings.extend([nodes(), ledger(&settings), open_files()]);
    findings.extend(authority(&settings));
    findings
}

/// The settings as far as they are known without the files.
fn built_in(environment: &Environment) -> Settings {
    load(&Environment { mcom_config: Some("/dev/null".into()), ..environment.clone() })
        .unwrap_or_else(|_| Settings::built_in(crate::config::state_home(environment)))
}

fn files(environment: &Environment) -> String {
    let there: Vec<String> =
        environment.files().into_iter().filter(|path| path.exists()).map(|path| path.display().to_string()).collect();
    if there.is_empty() { "no file: everything as built in".to_owned() } else { there.join(", ") }
}

fn unusable(error: &CliError) -> Finding {
    let mend = error.hints.first().cloned().unwrap_or_else(|| "correct it there".to_owned());
    Finding::problem("configuration", error.message.clone(), mend)
}
