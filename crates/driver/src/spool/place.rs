//! Where the spool is, whether it is safe to use, and the lock of the host.

use crate::spool::{AttemptFolder, Folder, HostIdentity, SpoolError};
use mcom_model::{Holder, Reason, ReasonKind};
use rustix::fs::{FlockOperation, Mode, StatVfsMountFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a lock may be held by nobody that is written down: a run that has its receipt lets go a moment later, and one
/// that has taken it writes its name a moment later.
const SETTLING: Duration = Duration::from_millis(1000);

/// An open spool that was found safe.
#[derive(Debug)]
pub struct Spool {
    root: Folder,
    runs: Folder,
    host: HostIdentity,
}

/// The host's lock, held until it is dropped.
#[derive(Debug)]
pub struct HostLock {
    _flock: File,
}

/// `header`: whose spool this is.
#[derive(Serialize, Deserialize)]
struct Header {
    spool: u32,
    machine: String,
}

/// The version of the spool's form.
const VERSION: u32 = 1;

/// The largest small file that is read: far above what any of them needs.
const SMALL: u64 = 64 << 10;

/// File systems that another machine may share. FUSE is not among them: it carries local ones as well, and the header
/// tells machines apart.
const NETWORK: [(u64, &str); 12] = [
    (0x6969, "nfs"),
    (0x517b, "smb"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb2"),
    (0x5346_414f, "afs"),
    (0x6b41_4653, "kafs"),
    (0x7375_7245, "coda"),
    (0x0102_1997, "9p"),
    (0x00c3_6400, "ceph"),
    (0x0bd0_0bd0, "lustre"),
    (0x4750_4653, "gpfs"),
    (0x0116_1970, "gfs2"),
];

impl Spool {
    /// The place that belongs to this user.
    pub fn default_place() -> Result<PathBuf, SpoolError> {
        let me = rustix::process::geteuid();
        match std::env::var_os("MCOM_SPOOL").filter(|place| !place.is_empty()) {
            Some(place) if Path::new(&place).is_absolute() => Ok(place.into()),
            Some(place) => Err(SpoolError::Relative { path: place.into() }),
            None if me.is_root() => Ok("/var/lib/mcom".into()),
            None => Ok(format!("/var/tmp/mcom-{}", me.as_raw()).into()),
        }
    }

    /// Opens the spool at a place, makes it where it is missing, and refuses one that is not safe.
    pub fn open(place: &Path, host: &HostIdentity) -> Result<Self, SpoolError> {
        match rustix::fs::mkdir(place, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(SpoolError::io(place, "make", error)),
        }
        let root = Folder::open(place)?;
        check_owner(&root)?;
        root.make("runs")?;
        Self::open_made(place, host)
    }

    /// Opens a spool that must be there, and refuses one that is not safe.
    pub fn open_made(place: &Path, host: &HostIdentity) -> Result<Self, SpoolError> {
        let root = Folder::open(place)?;
        check_owner(&root)?;
        check_file_system(&root)?;
        check_header(&root, host)?;
        let runs = root.enter("runs")?;
        check_owner(&runs)?;
        Ok(Self { root, runs, host: host.clone() })
    }

    /// The folder of the spool itself.
    pub fn root(&self) -> &Folder {
        &self.root
    }

    /// The folder of the attempts.
    pub fn runs(&self) -> &Folder {
        &self.runs
    }

    /// This machine.
    pub fn host(&self) -> &HostIdentity {
        &self.host
    }

    /// Takes the host's lock and writes down who has it. `Ok(Err(…))` says that the host is busy, with whom and why.
    pub fn lock(&self, me: &Holder, now_ms: u64) -> Result<Result<HostLock, Reason>, SpoolError> {
        let flock = self.root.append("lock")?;
        let until = Instant::now() + SETTLING;
        loop {
            match rustix::fs::flock(&flock, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => break,
                Err(Errno::WOULDBLOCK) => {}
                Err(error) => return Err(self.root.error("lock", "lock", error)),
            }
            // Who is written down there may have ended, and another have the lock that is still to write its name.
            let settled = self.held_by()?;
            if settled.is_some() || Instant::now() >= until {
                let holder = settled.map_or_else(|| self.holder(), |holder| Ok(Some(holder)))?;
                return Ok(Err(Self::busy(holder.as_ref(), now_ms, "")));
            }
            std::thread::sleep(SETTLING / 50);
        }
        // Only the supervisor of the last holder may have died: its payload still holds the host.
        if let Some(last) = self.holder()?
            && AttemptFolder::open(self, &last.attempt).is_ok_and(|run| run.payload_is_alive(&self.host))
        {
            return Ok(Err(Self::busy(Some(&last), now_ms, "; its supervisor is gone, and its payload still runs")));
        }
        let record = serde_json::to_vec(me).map_err(|error| self.root.error("holder", "write", error))?;
        self.root.replace("holder", &record)?;
        Ok(Ok(HostLock { _flock: flock }))
    }

    /// Who took the host's lock last.
    pub fn holder(&self) -> Result<Option<Holder>, SpoolError> {
        let Some(bytes) = self.root.read("holder", SMALL)? else { return Ok(None) };
        Ok(serde_json::from_slice(&bytes).ok())
    }

    /// Who has the host now. The lock itself is not touched: whoever looks must not keep anybody from taking it. Its
    /// holder has the claim of its attempt for as long, and from the exit record on no longer the host.
    pub fn held_by(&self) -> Result<Option<Holder>, SpoolError> {
        let Some(holder) = self.holder()? else { return Ok(None) };
        let Ok(attempt) = AttemptFolder::open(self, &holder.attempt) else { return Ok(None) };
        let holds = !attempt.files().has("exit")? && (attempt.is_claim_held()? || attempt.payload_is_alive(&self.host));
        Ok(holds.then_some(holder))
    }

    fn busy(holder: Option<&Holder>, now_ms: u64, more: &str) -> Reason {
        let Some(holder) = holder else {
            return Reason::new(ReasonKind::Busy, "another run holds the host");
        };
        let seconds = now_ms.saturating_sub(holder.since_ms) / 1000;
        let why = holder.reason.as_ref().map(|why| format!(" \"{why}\"")).unwrap_or_default();
        let Holder { attempt, who, what, .. } = holder;
        Reason::new(
            ReasonKind::Busy,
            format!("run {attempt} of {who} ({what}{why}) holds the host since {seconds} s{more}"),
        )
    }
}

fn check_owner(folder: &Folder) -> Result<(), SpoolError> {
    let path = folder.path().to_owned();
    let about = rustix::fs::fstat(folder).map_err(|error| SpoolError::io(&path, "look at", error))?;
    let me = rustix::process::geteuid().as_raw();
    if about.st_uid != me {
        return Err(SpoolError::OtherOwner { path, owner: about.st_uid, me });
    }
    let mode = about.st_mode & 0o777;
    if mode & 0o022 != 0 {
        return Err(SpoolError::OpenToOthers { path, mode });
    }
    if mode != 0o700 {
        rustix::fs::fchmod(folder, Mode::RWXU).map_err(|error| SpoolError::io(&path, "close to others", error))?;
    }
    Ok(())
}

fn check_file_system(folder: &Folder) -> Result<(), SpoolError> {
    let path = folder.path();
    let look = |error| SpoolError::io(path, "look at", error);
    let magic = rustix::fs::fstatfs(folder).map_err(look)?.f_type as u64 & 0xffff_ffff;
    if let Some((_, kind)) = NETWORK.iter().find(|(known, _)| *known == magic) {
        return Err(SpoolError::NetworkFileSystem { path: path.to_owned(), kind });
    }
    let flags = rustix::fs::fstatvfs(folder).map_err(look)?.f_flag;
    if flags.contains(StatVfsMountFlags::NOEXEC) {
        return Err(SpoolError::Noexec { path: path.to_owned() });
    }
    Ok(())
}

/// Reads the header, or writes it where it is missing: under another name first, so that of several writers one wins
/// and nobody reads half of it.
fn check_header(root: &Folder, host: &HostIdentity) -> Result<(), SpoolError> {
    let read = || root.read("header", SMALL);
    let bytes = match read()? {
        Some(bytes) => bytes,
        None => {
            let header = Header { spool: VERSION, machine: host.machine.clone() };
            let text = serde_json::to_vec(&header).map_err(|error| root.error("header", "write", error))?;
            let fresh = format!("header.{}.{:?}", std::process::id(), std::thread::current().id());
            root.remove(&fresh)?;
            root.write_new(&fresh, Mode::RUSR | Mode::WUSR, &text)?;
            let linked = rustix::fs::linkat(root, &fresh, root, "header", rustix::fs::AtFlags::empty());
            root.remove(&fresh)?;
            if let Err(error) = linked
                && error != Errno::EXIST
            {
                return Err(root.error("header", "make", error));
            }
            read()?.unwrap_or_default()
        }
    };
    let garbled = |why: String| SpoolError::Garbled { path: root.path().join("header"), why };
    let header: Header = serde_json::from_slice(&bytes).map_err(|error| garbled(error.to_string()))?;
    if header.spool != VERSION {
        return Err(garbled(format!("it has version {}, and this node knows {VERSION}", header.spool)));
    }
    if header.machine != host.machine {
        let (theirs, ours) = (header.machine, host.machine.clone());
        return Err(SpoolError::OtherMachine { path: root.path().to_owned(), theirs, ours });
    }
    Ok(())
}
