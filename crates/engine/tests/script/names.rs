//! Names for what the engine numbers: hosts, datacenters, bodies.

use mcom_model::{BodyRef, Digest, HostId, HostSpec};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Every name of a script.
#[derive(Default)]
pub struct Names {
    pub hosts: Vec<HostSpec>,
    pub dcs: Vec<(String, Vec<HostId>)>,
    bodies: RefCell<BTreeMap<Digest, String>>,
}

impl Names {
    /// `NAME: HOST HOST*WEIGHT ...`, in candidate order.
    pub fn add_dc(&mut self, text: &str) {
        let (name, hosts) = text.split_once(':').unwrap();
        let dc = u32::try_from(self.dcs.len()).unwrap();
        let mut members = Vec::new();
        for host in hosts.split_whitespace() {
            let (host, weight) = host.split_once('*').unwrap_or((host, "1"));
            let spec = HostSpec {
                name: host.into(),
                dc,
                address: None,
                port: None,
                user: None,
                weight: weight.parse().unwrap(),
                credentials: None,
            };
            members.push(HostId(u32::try_from(self.hosts.len()).unwrap()));
            self.hosts.push(spec);
        }
        self.dcs.push((name.into(), members));
    }

    pub fn id(&self, name: &str) -> HostId {
        let place = self.hosts.iter().position(|host| host.name == name).unwrap_or_else(|| panic!("no host {name}"));
        HostId(u32::try_from(place).unwrap())
    }

    pub fn host(&self, id: HostId) -> &str {
        &self.hosts[id.0 as usize].name
    }

    /// `hello` is the body of these five bytes; `big:100000` is a body of that many bytes that is called so.
    pub fn body(&self, text: &str) -> BodyRef {
        if text.is_empty() {
            return BodyRef::empty();
        }
        let (name, len) =
            text.split_once(':').map_or((text, text.len() as u64), |(name, len)| (name, len.parse().unwrap()));
        let digest = Digest::of(name.as_bytes());
        self.bodies.borrow_mut().insert(digest, name.to_owned());
        BodyRef { digest, len, dropped: 0 }
    }

    pub fn body_name(&self, digest: Digest) -> String {
        self.bodies.borrow().get(&digest).cloned().unwrap_or_else(|| digest.short())
    }
}
