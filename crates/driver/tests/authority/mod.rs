//! The operator's authority, with real agents, keys, known_hosts and hosts.

mod certificates;
mod constrained;
mod hosts;
mod keys;
mod logins;
mod stand;
