//! Where the nodes are that can be put on hosts: files on this machine, one for each architecture.

use crate::bootstrap::arch;
use crate::bootstrap::commands::{self, PinnedNode};
use bytes::Bytes;
use mcom_model::Digest;
use sha2::Digest as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The nodes that this program can put on hosts.
#[derive(Clone, Debug)]
pub struct NodeStore {
    nodes: Vec<NodeFile>,
    origin: Origin,
}

/// Where the nodes come from.
#[derive(Clone, Debug)]
enum Origin {
    /// From files that were looked for in these places.
    Places(Vec<PathBuf>),
    /// From the running node, which has its own architecture's alone.
    Parent,
}

/// One node.
#[derive(Clone, Debug)]
pub struct NodeFile {
    arch: String,
    digest: Digest,
    path: PathBuf,
    loaded: Arc<OnceLock<Loaded>>,
}

/// What is sent: kept from the first time on, because a parent may have to send it to every child.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    /// The program.
    pub(crate) bytes: Bytes,
    /// Its SHA-256, which tools on any host can compute.
    pub(crate) sha256: String,
}

/// Why there is no node to put on a host.
#[derive(Debug, thiserror::Error)]
pub enum NodeStoreError {
    /// None at all.
    #[error("no mcom-node found: looked at {}: put one there, or install mcom anew", list(.places))]
    None {
        /// The places that were looked at.
        places: Vec<PathBuf>,
    },
    /// A file that cannot be read, or is no node.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl NodeStore {
    /// The nodes that belong to the program at `exe`: `mcom-node` beside it, and `lib/mcom/node/ARCHITECTURE` of the
    /// folder above its own.
    pub fn beside(exe: &Path) -> Result<Self, NodeStoreError> {
        let beside = exe.with_file_name("mcom-node");
        let folder = exe.parent().and_then(Path::parent).unwrap_or(Path::new("/")).join("lib/mcom/node");
        let mut nodes: Vec<NodeFile> = Vec::new();
        for path in std::iter::once(beside.clone()).chain(entries(&folder)) {
            if let Some(node) = NodeFile::read(&path)?
                && nodes.iter().all(|known| known.arch != node.arch)
            {
                nodes.push(node);
            }
        }
        let places = vec![beside, folder.join("ARCHITECTURE")];
        if nodes.is_empty() {
            Err(NodeStoreError::None { places })
        } else {
            Ok(Self { nodes, origin: Origin::Places(places) })
        }
    }

    /// The running node itself, for the hosts below it. Its file is named by its digest, which spares reading it now.
    pub fn of_this_node() -> Result<Self, NodeStoreError> {
        Ok(Self { nodes: vec![NodeFile::of_program(Path::new("/proc/self/exe"))?], origin: Origin::Parent })
    }

    /// All nodes.
    pub fn nodes(&self) -> &[NodeFile] {
        &self.nodes
    }

    /// The digest of the first node: on a host, of the one that runs.
    pub fn first(&self) -> Digest {
        self.nodes[0].digest
    }

    /// The `force-command` of a certificate that lets a parent put these nodes on a host and start one of them for what
    /// is pinned ([`mcom_model::RunSpec::pinned`]), and do nothing else there.
    pub fn pinned_command(&self, pinned: Digest) -> Result<String, NodeStoreError> {
        let loaded = self.nodes.iter().map(|node| Ok((node.digest, node.load()?)));
        let loaded = loaded.collect::<Result<Vec<_>, NodeStoreError>>()?;
        let nodes = loaded.iter().map(|(digest, Loaded { bytes, sha256 })| PinnedNode {
            digest: *digest,
            len: bytes.len(),
            sha256,
        });
        Ok(commands::pinned(nodes, pinned))
    }

    /// The node for the machine that `uname -m` calls so.
    pub(super) fn for_machine(&self, machine: &str) -> Option<&NodeFile> {
        self.nodes.iter().find(|node| node.arch == arch::of_machine(machine))
    }

    /// Why there is no node for some machine, in words.
    pub(super) fn why_not(&self) -> String {
        match &self.origin {
            Origin::Places(places) => format!("looked at {}", list(places)),
            Origin::Parent => "its parent has another architecture: reach it with --flat, or through a parent of its \
                               own architecture"
                .to_owned(),
        }
    }
}

impl NodeFile {
    /// Its name.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The architecture that it is for.
    pub fn arch(&self) -> &str {
        &self.arch
    }

    /// A node program of this machine.
    pub(crate) fn of_program(exe: &Path) -> Result<Self, NodeStoreError> {
        let name = std::fs::read_link(exe).ok().and_then(|path| path.file_name()?.to_str()?.parse().ok());
        let node = match name {
            Some(digest) => Some(Self::new(arch::of_machine(std::env::consts::ARCH), digest, exe)),
            None => Self::read(exe)?,
        };
        node.ok_or_else(|| NodeStoreError::None { places: vec![exe.to_owned()] })
    }

    /// What must arrive.
    pub(crate) fn load(&self) -> Result<Loaded, NodeStoreError> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded.clone());
        }
        let bytes = std::fs::read(&self.path).map_err(|error| self.unusable(&error.to_string()))?;
        if Digest::of(&bytes) != self.digest {
            return Err(self.unusable("the file has changed since it was looked at"));
        }
        let sha256 = sha2::Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(self.loaded.get_or_init(|| Loaded { bytes: bytes.into(), sha256 }).clone())
    }

    fn new(arch: &str, digest: Digest, path: &Path) -> Self {
        Self { arch: arch.to_owned(), digest, path: path.to_owned(), loaded: Arc::default() }
    }

    /// None where there is no file, or none that is a program for a known architecture.
    fn read(path: &Path) -> Result<Option<Self>, NodeStoreError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(NodeStoreError::File { path: path.to_owned(), why: error.to_string() }),
        };
        let Some(arch) = arch::of_program(&bytes) else {
            return Err(NodeStoreError::File { path: path.to_owned(), why: "this is no program for Linux".to_owned() });
        };
        Ok(Some(Self::new(arch, Digest::of(&bytes), path)))
    }

    fn unusable(&self, why: &str) -> NodeStoreError {
        NodeStoreError::File { path: self.path.clone(), why: why.to_owned() }
    }
}

/// The files of a folder in order of their names; none where there is no folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect())
        .unwrap_or_default();
    paths.sort();
    paths
}

fn list(places: &[PathBuf]) -> String {
    places.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first bytes of a program for a machine number of the ELF standard.
    fn program(machine: u8, more: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".to_vec();
        bytes.extend([machine, 0]);
        bytes.extend(more);
        bytes
    }

    fn prefix(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
        let prefix = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = prefix.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        prefix
    }

    #[test]
    fn both_places_are_looked_at_and_the_nearer_one_wins() {
        let near = program(62, b"near");
        let prefix = prefix(&[
            ("bin/mcom-node", near.clone()),
            ("lib/mcom/node/x86_64", program(62, b"far")),
            ("lib/mcom/node/aarch64", program(183, b"")),
        ]);
        let store = NodeStore::beside(&prefix.path().join("bin/mcom")).unwrap();
        assert_eq!(store.nodes().len(), 2);
        assert_eq!(store.for_machine("amd64").unwrap().digest(), Digest::of(&near));
        assert_eq!(store.for_machine("arm64").unwrap().arch, "aarch64");
        assert!(store.for_machine("mips").is_none());
    }

    #[test]
    fn without_a_node_the_error_names_the_places() {
        let prefix = prefix(&[]);
        let error = NodeStore::beside(&prefix.path().join("bin/mcom")).unwrap_err().to_string();
        assert!(error.contains("bin/mcom-node") && error.contains("lib/mcom/node/ARCHITECTURE"), "{error}");
    }

    #[test]
    fn a_node_that_changed_is_not_sent() {
        let prefix = prefix(&[("bin/mcom-node", program(62, b"old"))]);
        let store = NodeStore::beside(&prefix.path().join("bin/mcom")).unwrap();
        std::fs::write(prefix.path().join("bin/mcom-node"), program(62, b"new")).unwrap();
        assert!(store.nodes()[0].load().is_err());
        std::fs::write(prefix.path().join("bin/mcom-node"), program(62, b"old")).unwrap();
        let loaded = store.nodes()[0].load().unwrap();
        assert_eq!((loaded.bytes.len(), loaded.sha256.len()), (23, 64));
    }

    #[test]
    fn a_program_can_send_itself() {
        let store = NodeStore::of_this_node().unwrap();
        assert_eq!(store.first(), Digest::of(&std::fs::read("/proc/self/exe").unwrap()));
    }
}
