//! What an inventory says about one host.

use mcom_model::Credentials;

/// What the entries that match a host say about it together. Where two of them speak about the same attribute, the
/// later one wins, so general entries stand first and exceptions below them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostAttributes {
    /// The datacenter.
    pub dc: Option<String>,
    /// The user to log in as.
    pub user: Option<String>,
    /// The SSH port.
    pub port: Option<u16>,
    /// What `ssh` connects to instead of the name.
    pub address: Option<String>,
    /// Rank as a parent: higher first, 0 never.
    pub weight: Option<u32>,
    /// How its parent reaches it.
    pub credentials: Option<Credentials>,
}

impl HostAttributes {
    /// Takes what `later` says, and keeps the rest.
    pub(super) fn override_with(&mut self, later: &HostAttributes) {
        fn keep<T: Clone>(own: &mut Option<T>, later: Option<&T>) {
            if let Some(later) = later {
                *own = Some(later.clone());
            }
        }
        keep(&mut self.dc, later.dc.as_ref());
        keep(&mut self.user, later.user.as_ref());
        keep(&mut self.port, later.port.as_ref());
        keep(&mut self.address, later.address.as_ref());
        keep(&mut self.weight, later.weight.as_ref());
        keep(&mut self.credentials, later.credentials.as_ref());
    }
}
