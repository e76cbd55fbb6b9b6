//! The network of one fleet: the admin host, datacenters behind long links, and hosts at the bridges of these.
//!
//! ```text
//! admin 10.0.0.1 -- TUN == long link == TUN -- datacenter N (bridge 10.N.255.254) -- veth -- host 10.N.x.y
//! ```
//!
//! Every fleet has the same addresses; none sees another's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};

use super::line::{Line, LongLink, Traffic};
use super::space::NetSpace;
use crate::error::FleetError;

/// The admin host, as all others see it.
const ADMIN: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// How many datacenters the second byte of an address tells apart.
const MOST_DATACENTERS: usize = 254;
/// How many hosts of one datacenter are configured at the same time.
const AT_ONCE: usize = 8;

/// A network that is up.
#[derive(Debug)]
pub(crate) struct Site {
    admin: NetSpace,
    datacenters: BTreeMap<String, Datacenter>,
    hosts: BTreeMap<String, Station>,
    /// What is to be put right.
    faults: Mutex<BTreeSet<Fault>>,
}

/// Something that was done to a host's place in the network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Unplugged(String),
    Deaf { from: String, to: String },
}

#[derive(Debug)]
struct Datacenter {
    space: NetSpace,
    link: LongLink,
    number: u8,
    hosts: u16,
}

/// A host's place in the network.
#[derive(Debug)]
struct Station {
    space: NetSpace,
    address: Ipv4Addr,
}

impl Site {
    /// A network of hosts, given as pairs of name and datacenter.
    pub(crate) fn build<'a>(hosts: impl Iterator<Item = (&'a str, &'a str)>, line: Line) -> Result<Self, FleetError> {
        let mut site = Self {
            admin: NetSpace::create()?,
            datacenters: BTreeMap::new(),
            hosts: BTreeMap::new(),
            faults: Mutex::default(),
        };
        site.admin.ip(&format!("addr add {ADMIN}/32 dev lo\n"))?;
        let hosts: Vec<_> = hosts.collect();
        for (_, dc) in &hosts {
            site.add_datacenter(dc, line)?;
        }
        let names: Vec<String> = site.datacenters.keys().cloned().collect();
        for dc in names {
            let of_dc: Vec<_> = hosts.iter().filter(|(_, of)| *of == dc).map(|(name, _)| *name).collect();
            site.add_hosts(&dc, &of_dc)?;
        }
        Ok(site)
    }

    fn add_datacenter(&mut self, name: &str, line: Line) -> Result<(), FleetError> {
        if self.datacenters.contains_key(name) {
            return Ok(());
        }
        let number = u8::try_from(self.datacenters.len() + 1).ok().filter(|n| usize::from(*n) <= MOST_DATACENTERS);
        let number = number.ok_or_else(|| {
            FleetError::Network(format!("a fleet in namespaces has at most {MOST_DATACENTERS} datacenters"))
        })?;
        let space = NetSpace::create()?;
        space.forward()?;
        let link =
            LongLink::start(self.admin.tun(&format!("dc{number}"))?, space.tun("long")?, line, u64::from(number))?;
        self.admin.ip(&format!("link set dc{number} up\nroute add 10.{number}.0.0/16 dev dc{number} src {ADMIN}\n"))?;
        space.ip(&format!(
            "link add br0 type bridge\nlink set br0 up\naddr add 10.{number}.255.254/16 dev br0\n\
             link set long up\nroute add {ADMIN}/32 dev long src 10.{number}.255.254\n"
        ))?;
        self.datacenters.insert(name.to_owned(), Datacenter { space, link, number, hosts: 0 });
        Ok(())
    }

    fn add_hosts(&mut self, dc: &str, names: &[&str]) -> Result<(), FleetError> {
        let Some(datacenter) = self.datacenters.get_mut(dc) else { return Ok(()) };
        let mut lines = String::new();
        let mut made = Vec::new();
        for name in names {
            datacenter.hosts += 1;
            let [high, low] = datacenter.hosts.to_be_bytes();
            let station =
                Station { space: NetSpace::create()?, address: Ipv4Addr::new(10, datacenter.number, high, low) };
            let port = port(station.address);
            let _ = writeln!(lines, "link add {port} type veth peer name eth0 netns {}", station.space.path());
            let _ = writeln!(lines, "link set {port} master br0 up");
            made.push(((*name).to_owned(), station));
        }
        datacenter.space.ip(&lines)?;
        for some in made.chunks(AT_ONCE) {
            std::thread::scope(|scope| {
                let running: Vec<_> = some.iter().map(|(_, station)| scope.spawn(|| station.configure())).collect();
                running.into_iter().try_for_each(|one| one.join().unwrap_or_else(|p| std::panic::resume_unwind(p)))
            })?;
        }
        self.hosts.extend(made);
        Ok(())
    }

    /// Where the programs of the admin host run.
    pub(crate) fn admin(&self) -> &NetSpace {
        &self.admin
    }

    /// Where a host's processes run, and its address.
    pub(crate) fn host(&self, name: &str) -> Option<(&NetSpace, Ipv4Addr)> {
        self.hosts.get(name).map(|station| (&station.space, station.address))
    }

    /// Changes the long link of a datacenter.
    pub(crate) fn set_line(&self, dc: &str, change: impl FnOnce(&mut Line)) -> Result<(), FleetError> {
        self.datacenter(dc).map(|datacenter| datacenter.link.set(change))
    }

    /// What the long link of a datacenter has carried.
    pub(crate) fn traffic(&self, dc: &str) -> Result<Traffic, FleetError> {
        self.datacenter(dc).map(|datacenter| datacenter.link.traffic())
    }

    /// Pulls a host's plug: nothing reaches it and nothing leaves it, and nobody is told.
    pub(crate) fn unplug(&self, host: &str, unplugged: bool) -> Result<(), FleetError> {
        let station = self.station(host)?;
        let datacenter = self.datacenters.values().find(|dc| dc.number == station.address.octets()[1]);
        let state = if unplugged { "down" } else { "up" };
        self.note(Fault::Unplugged(host.to_owned()), unplugged);
        let line = format!("link set {} {state}\n", port(station.address));
        datacenter.map_or(Ok(()), |datacenter| datacenter.space.ip(&line))
    }

    /// Loses silently what `from` sends to `to`, or lets it through again.
    pub(crate) fn deafen(&self, from: &str, to: &str, lost: bool) -> Result<(), FleetError> {
        let target = self.station(to)?.address;
        self.note(Fault::Deaf { from: from.to_owned(), to: to.to_owned() }, lost);
        // Without one to take away, `del` fails: the last state wanted is made either way.
        let line = if lost {
            format!("route replace blackhole {target}/32\n")
        } else {
            format!("route replace blackhole {target}/32\nroute del blackhole {target}/32\n")
        };
        self.station(from)?.space.ip(&line)
    }

    /// Puts right whatever was done, and has all long links behave like this.
    pub(crate) fn heal(&self, line: Line) -> Result<(), FleetError> {
        self.datacenters.values().for_each(|datacenter| datacenter.link.set(|now| *now = line));
        let faults = std::mem::take(&mut *self.faults.lock().unwrap_or_else(PoisonError::into_inner));
        faults.into_iter().try_for_each(|fault| match fault {
            Fault::Unplugged(host) => self.unplug(&host, false),
            Fault::Deaf { from, to } => self.deafen(&from, &to, false),
        })
    }

    fn note(&self, fault: Fault, there: bool) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if there {
            faults.insert(fault);
        } else {
            faults.remove(&fault);
        }
    }

    fn datacenter(&self, name: &str) -> Result<&Datacenter, FleetError> {
        self.datacenters.get(name).ok_or_else(|| FleetError::NoSuchDatacenter(name.to_owned()))
    }

    fn station(&self, name: &str) -> Result<&Station, FleetError> {
        self.hosts.get(name).ok_or_else(|| FleetError::NoSuchHost(name.to_owned()))
    }
}

impl Station {
    fn configure(&self) -> Result<(), FleetError> {
        let [_, dc, ..] = self.address.octets();
        self.space.ip(&format!(
            "addr add {}/16 dev eth0\nlink set eth0 up\nroute add default via 10.{dc}.255.254\n",
            self.address
        ))
    }
}

/// The name of a host's plug at the bridge of its datacenter; names of interfaces have 15 letters at most.
fn port(address: Ipv4Addr) -> String {
    let [_, _, high, low] = address.octets();
    format!("h{}", u16::from_be_bytes([high, low]))
}
