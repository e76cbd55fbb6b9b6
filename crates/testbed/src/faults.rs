//! What can go wrong with the links of a fleet that is up, and how all of it is put right again.

use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::net::{Line, Site, Traffic, Way};
use crate::proxy::Proxy;

/// Whose links to a host are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// The admin host's.
    FromAdmin,
    /// Those of other hosts of its datacenter.
    Inside,
    /// All.
    All,
}

const NAMESPACES: &str = "a fleet in network namespaces";
const PROXIED: &str = "hosts that are `proxied`";

impl Fleet {
    /// Changes the long link of a datacenter: delay, rate, loss. Needs namespaces.
    pub fn set_line(&self, dc: &str, change: impl FnOnce(&mut Line)) -> Result<(), FleetError> {
        self.site("a long link")?.set_line(dc, change)
    }

    /// What the long link of a datacenter has carried. Needs namespaces.
    pub fn traffic(&self, dc: &str) -> Result<Traffic, FleetError> {
        self.site("a long link that counts")?.traffic(dc)
    }

    /// Cuts a datacenter off from the admin host, one way or both, and tells nobody: what was sent is lost, or held
    /// back on a fleet without namespaces, whose hosts are to be proxied. `None` lets everything through again.
    pub fn partition(&self, dc: &str, ways: Option<Way>) -> Result<(), FleetError> {
        if let Some(site) = &self.site {
            return site.set_line(dc, |line| line.stopped = ways);
        }
        let hosts: Vec<_> = self.hosts().iter().filter(|host| host.dc() == dc).map(|host| host.name()).collect();
        hosts.into_iter().try_for_each(|host| self.stall(host, Links::FromAdmin, ways))
    }

    /// Pulls the plug of a host, or puts it back: nobody is told.
    pub fn unplug(&self, host: &str, unplugged: bool) -> Result<(), FleetError> {
        match &self.site {
            Some(site) => site.unplug(host, unplugged),
            None => self.stall(host, Links::All, unplugged.then_some(Way::Both)),
        }
    }

    /// Loses what one host sends to another, one way, or lets it through again. Needs namespaces.
    pub fn deafen(&self, from: &str, to: &str, lost: bool) -> Result<(), FleetError> {
        self.site("a link between hosts that works one way")?.deafen(from, to, lost)
    }

    /// Holds back what goes to a proxied host (`Out`) or comes from it (`In`); `None` lets it go on.
    pub fn stall(&self, host: &str, links: Links, ways: Option<Way>) -> Result<(), FleetError> {
        self.each_proxy(host, links, |proxy| proxy.stall(ways))
    }

    /// Cuts the links to a proxied host with a reset; new ones are taken.
    pub fn reset(&self, host: &str, links: Links) -> Result<(), FleetError> {
        self.each_proxy(host, links, Proxy::reset)
    }

    /// Lets so many more bytes pass to and from a proxied host; the next one cuts its links with a reset.
    pub fn cut_after(&self, host: &str, links: Links, bytes: u64) -> Result<(), FleetError> {
        self.each_proxy(host, links, |proxy| proxy.cut_after(Some(bytes)))
    }

    /// Resets new links to a proxied host, or takes them again.
    pub fn refuse(&self, host: &str, links: Links, refused: bool) -> Result<(), FleetError> {
        self.each_proxy(host, links, |proxy| proxy.refuse(refused))
    }

    /// How many bytes passed the links to a proxied host, and how often these were cut on command.
    pub fn passed(&self, host: &str, links: Links) -> Result<(u64, u64), FleetError> {
        let mut total = (0, 0);
        self.each_proxy(host, links, |proxy| {
            let (bytes, cuts) = proxy.counts();
            total = (total.0 + bytes, total.1 + cuts);
        })?;
        Ok(total)
    }

    /// Puts right whatever was done to links: long links carry everything as they did at the start.
    /// Hosts and processes that were stopped or ended stay as they are.
    pub fn heal(&self) -> Result<(), FleetError> {
        let line = self.line;
        for host in self.hosts() {
            if host.proxies().is_some() {
                self.each_proxy(host.name(), Links::All, |proxy| {
                    proxy.stall(None);
                    proxy.cut_after(None);
                    proxy.refuse(false);
                })?;
            }
        }
        match &self.site {
            Some(site) => site.heal(line),
            None => Ok(()),
        }
    }

    fn site(&self, what: &'static str) -> Result<&Site, FleetError> {
        self.site.as_ref().ok_or(FleetError::Unsupported { what, needs: NAMESPACES })
    }

    fn each_proxy(&self, host: &str, links: Links, mut act: impl FnMut(&Proxy)) -> Result<(), FleetError> {
        let proxies = self.host(host)?.proxies();
        let (admin, inside) =
            proxies.ok_or(FleetError::Unsupported { what: "stalling or cutting a link", needs: PROXIED })?;
        if links != Links::Inside {
            act(admin);
        }
        if links != Links::FromAdmin {
            act(inside);
        }
        Ok(())
    }
}
