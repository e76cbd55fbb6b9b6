//! Looks at the operator's ssh before a run: where it goes, by which keys hosts are known, and which keys there are.

use crate::authority::agent::Agent;
use crate::authority::ca;
use crate::authority::certify::Certifier;
use crate::authority::configured::Configured;
use crate::authority::error::AuthorityError;
use crate::authority::gather::{Sources, gather};
use crate::authority::hosts;
use crate::authority::keys::Keys;
use crate::authority::me::Me;
use crate::authority::operator::AskPassphrase;
use crate::authority::own_agent::OwnAgent;
use crate::authority::probe::{Prober, Setup};
use crate::authority::scan::Scan;
use crate::authority::settings::AuthoritySettings;
use crate::authority::targets::{self, Target, Targets};
use crate::authority::tokens::Tokens;
use mcom_model::{Access, Credentials, HostId, Plan};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// What an authority is made of.
pub(super) struct Prepared {
    pub access: Vec<Option<Box<Access>>>,
    pub keys: Keys,
    pub certifier: Option<Certifier>,
    pub notices: Vec<String>,
    pub own_agent: Option<OwnAgent>,
    pub folder: Option<TempDir>,
}

/// Whether a parent may come to link this host with what the coordinator grants.
pub(super) fn is_reached_by_grant(plan: &Plan, host: HostId) -> bool {
    let granted =
        matches!(plan.credentials_of(host), Credentials::Auto | Credentials::Relay | Credentials::Certificate);
    granted && plan.shape.depth != Some(1) && plan.dc_of(host).members.len() > 1
}

/// Looks at everything. Touches no host.
pub(super) fn prepare(
    settings: &AuthoritySettings,
    plan: &Plan,
    ask: AskPassphrase<'_>,
) -> Result<Prepared, AuthorityError> {
    let Configured { folder, config, me, scan } = Configured::write(&settings.long)?;
    let wanted: Vec<HostId> = plan.host_ids().filter(|host| is_reached_by_grant(plan, *host)).collect();
    let targets = targets::look(&Prober { config }, &scan, plan, &wanted)?;
    let mut notices = notices_of(&targets)?;
    let sources = sources(settings, plan, &me, &targets.list, &mut notices);
    let signs = wanted.iter().any(|host| plan.credentials_of(*host) != Credentials::Certificate);
    let mut keys = if signs { gather(&sources, ask)? } else { Keys::default() };
    notices.append(&mut keys.notices);
    let certifies = wanted.iter().any(|host| plan.credentials_of(*host) == Credentials::Certificate);
    let certifier = if certifies { Some(certifier(settings, &me, sources.agent.as_ref(), ask)?) } else { None };
    let agent_wanted = sources.agent.is_some() || !keys.unlocked.is_empty();
    let own_agent = if agent_wanted { own_agent(&folder, &scan, &sources, &keys)? } else { None };
    let access = hosts::access(&me, plan, &targets.list);
    let folder = own_agent.is_some().then_some(folder);
    Ok(Prepared { access, keys, certifier, notices, own_agent, folder })
}

/// The same for a run in which no parent asks for anything: the links from here may need a passphrase, for which their ssh
/// cannot ask. Whatever else is wrong, ssh itself says.
pub(super) fn for_own_links(
    settings: &AuthoritySettings,
    plan: &Plan,
    ask: AskPassphrase<'_>,
) -> Result<Prepared, AuthorityError> {
    let Configured { folder, config, me, scan } = Configured::write(&settings.long)?;
    let all: Vec<HostId> = plan.host_ids().collect();
    let targets = targets::look(&Prober { config }, &scan, plan, &all)?;
    let sources = sources(settings, plan, &me, &targets.list, &mut Vec::new());
    let mut keys = gather(&sources, ask).or_else(|error| match error {
        AuthorityError::NoIdentity { .. } => Ok(Keys::default()),
        error => Err(error),
    })?;
    let notices = std::mem::take(&mut keys.notices);
    let own_agent = if keys.unlocked.is_empty() { None } else { own_agent(&folder, &scan, &sources, &keys)? };
    let access = vec![None; plan.hosts.len()];
    let folder = own_agent.is_some().then_some(folder);
    Ok(Prepared { access, keys: Keys::default(), certifier: None, notices, own_agent, folder })
}

/// What ssh says of single hosts is theirs; where it says it of all of them, nothing can be made.
fn notices_of(targets: &Targets) -> Result<Vec<String>, AuthorityError> {
    if let Some((host, said)) = targets.refused.first()
        && targets.list.iter().all(Option::is_none)
    {
        return Err(AuthorityError::Configuration { host: host.clone(), said: said.clone() });
    }
    let refused = targets.refused.iter();
    let mut notices: Vec<String> =
        refused.map(|(host, said)| format!("no parent can log in on {host}: ssh -G says: {said}")).collect();
    if targets.list.iter().flatten().any(|target| target.setup.known_hosts_command) {
        notices
            .push("KnownHostsCommand is not asked for the hosts that parents log in on: only the files count".into());
    }
    if targets.list.iter().flatten().any(|target| target.setup.revoked_host_keys) {
        let text = "RevokedHostKeys is not looked at for the hosts that parents log in on: mark such keys with \
                    @revoked in known_hosts";
        notices.push(text.into());
    }
    Ok(notices)
}

/// Where keys may be: everything that ssh names for any of the hosts, in order.
fn sources(
    settings: &AuthoritySettings,
    plan: &Plan,
    me: &Me,
    targets: &[Option<Target>],
    notices: &mut Vec<String>,
) -> Sources {
    let mut sources = Sources { files_only: true, ..Sources::default() };
    let mut agents: Vec<Option<Agent>> = Vec::new();
    let mut seen: Vec<&Arc<Setup>> = Vec::new();
    let named = settings.identity_files.iter().map(|path| (me.path(&path.to_string_lossy()), true));
    named.for_each(|file| add(&mut sources.files, file));
    for (spec, target) in plan.hosts.iter().zip(targets) {
        let Some(target) = target else { continue };
        if seen.iter().any(|setup| Arc::ptr_eq(setup, &target.setup)) {
            continue;
        }
        seen.push(&target.setup);
        let (setup, tokens) = (&target.setup, Tokens { me, name: &spec.name, target });
        let path = |text: &String| tokens.path(text);
        let files = || setup.identity_files.iter().filter(|text| *text != "none");
        let named = !are_of_ssh_itself(&setup.identity_files);
        files().filter_map(path).for_each(|file| add(&mut sources.files, (file, named)));
        setup.certificate_files.iter().filter_map(path).for_each(|file| add(&mut sources.certificates, file));
        sources.files_only &= setup.identities_only;
        let agent = Agent::of(setup.agent.as_deref(), |text| tokens.path(text));
        add(&mut agents, agent);
    }
    if agents.len() > 1 {
        notices.push("ssh names several agents for these hosts: parents log in with the keys of the first".into());
    }
    sources.agent = agents.into_iter().flatten().next();
    sources
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// ssh's own list of key files, where nobody names one.
fn are_of_ssh_itself(files: &[String]) -> bool {
    files.iter().all(|file| file.contains("/.ssh/id_")) && files.len() > 4
}

fn certifier(
    settings: &AuthoritySettings,
    me: &Me,
    agent: Option<&Agent>,
    ask: AskPassphrase<'_>,
) -> Result<Certifier, AuthorityError> {
    let Some(ca) = &settings.ca else {
        return Err(AuthorityError::Ca { key: "none".into(), why: "certificates take one".into() });
    };
    let (authority, signer) = ca::find(&ca.key, me, agent, ask)?;
    Ok(Certifier {
        authority,
        signer,
        source: ca.source.clone(),
        valid: ca.valid,
        command: settings.nodes.pinned_command(settings.pinned)?,
        run: settings.run.to_string(),
    })
}

/// The agent of the coordinator's own links: for where a passphrase was asked for, which they cannot ask for again, and
/// where an agent may hold keys that are constrained. Not where hosts have agents of their own, which it would hide.
fn own_agent(
    folder: &TempDir,
    scan: &Scan,
    sources: &Sources,
    keys: &Keys,
) -> Result<Option<OwnAgent>, AuthorityError> {
    if scan.sets_agent_for_some() {
        return Ok(None);
    }
    let socket = |source| AuthorityError::Socket { folder: PathBuf::from(folder.path()), source };
    OwnAgent::start(folder.path(), sources.agent.clone(), keys.unlocked.clone()).map(Some).map_err(socket)
}
