//! The attempt's folder: what processes see of it, and everything that a power cut may leave.

use mcom_model::Outcome;
use std::collections::BTreeMap;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing that can be read: never written, or lost with the power.
    Torn,
    Room,
    Started,
    Exit(Outcome),
}

#[derive(Clone, Debug)]
pub(super) struct Inode {
    cached: Content,
    flushed: Content,
}

/// A change of the folder that is not on the disk yet.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Create(&'static str, usize),
    Rename(&'static str, &'static str),
}

/// The attempt's folder: what processes see, and what a power cut would leave.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    pub(super) inodes: Vec<Inode>,
    pub(super) seen: BTreeMap<&'static str, usize>,
    pub(super) kept: BTreeMap<&'static str, usize>,
    pub(super) pending: Vec<Change>,
    pub(super) void: bool,
    /// Whether the folder's own name is on the disk.
    pub(super) named: bool,
    /// Whether nothing is left of it.
    pub(super) gone: bool,
}

impl Disk {
    pub(super) fn write(&mut self, name: &'static str, content: Content) {
        let inode = *self.seen.entry(name).or_insert_with(|| {
            self.inodes.push(Inode { cached: Content::Torn, flushed: Content::Torn });
            self.pending.push(Change::Create(name, self.inodes.len() - 1));
            self.inodes.len() - 1
        });
        self.inodes[inode].cached = content;
    }

    pub(super) fn flush(&mut self, name: &'static str) {
        let inode = &mut self.inodes[self.seen[name]];
        inode.flushed = inode.cached.clone();
    }

    pub(super) fn flush_folder(&mut self) {
        self.kept = self.seen.clone();
        self.pending.clear();
        self.named = true;
    }

    pub(super) fn rename(&mut self, from: &'static str, to: &'static str) {
        let inode = self.seen.remove(from).expect("the machine renames what it has written");
        self.seen.insert(to, inode);
        self.pending.push(Change::Rename(from, to));
    }

    pub(super) fn read(&self, name: &str) -> Option<&Content> {
        self.seen.get(name).map(|&inode| &self.inodes[inode].cached)
    }

    /// Every disk that a power cut now may leave: each change that was not flushed is there or not.
    pub(super) fn after_power_cut(&self) -> Vec<Self> {
        let dirty: Vec<usize> =
            (0..self.inodes.len()).filter(|&i| self.inodes[i].cached != self.inodes[i].flushed).collect();
        let bits = self.pending.len() + dirty.len();
        assert!(bits < 12, "so few operations between two flushes that every subset can be tried");
        (0..1_u32 << bits).map(|mask| self.with_kept(mask, &dirty)).collect()
    }

    pub(super) fn with_kept(&self, mask: u32, dirty: &[usize]) -> Self {
        let mut disk = self.clone();
        let mut kept = self.kept.clone();
        for (bit, change) in self.pending.iter().enumerate() {
            if mask & (1 << bit) == 0 {
                continue;
            }
            match *change {
                Change::Create(name, inode) => drop(kept.insert(name, inode)),
                Change::Rename(from, to) => {
                    if let Some(inode) = kept.remove(from) {
                        kept.insert(to, inode);
                    }
                }
            }
        }
        for inode in &mut disk.inodes {
            std::mem::swap(&mut inode.cached, &mut inode.flushed);
        }
        for (place, &inode) in dirty.iter().enumerate() {
            if mask & (1 << (self.pending.len() + place)) != 0 {
                disk.inodes[inode].cached = self.inodes[inode].cached.clone();
            }
        }
        disk.seen = kept;
        disk.pending.clear();
        disk
    }
}
