//! Gives equal byte strings the same small number, in order of first appearance.
//!
//! A hash table of its own, because the one of the standard library is random; this one only answers look-ups, so its
//! inner order is never seen.

/// The numbers given so far.
#[derive(Default)]
pub(super) struct Table {
    /// Index into `entries` plus one; zero is free. The length is a power of two, at most half full.
    slots: Vec<u32>,
    entries: Vec<Entry>,
}

struct Entry {
    hash: u64,
    bytes: Box<[u8]>,
}

impl Table {
    /// The number of these bytes: the next free one if they are new.
    pub(super) fn number(&mut self, bytes: &[u8]) -> usize {
        if self.entries.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash(bytes);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != 0 {
            let index = self.slots[at] as usize - 1;
            let entry = &self.entries[index];
            if entry.hash == hash && *entry.bytes == *bytes {
                return index;
            }
            at = (at + 1) & mask;
        }
        self.entries.push(Entry { hash, bytes: bytes.into() });
        self.slots[at] = self.entries.len() as u32;
        self.entries.len() - 1
    }

    /// The byte strings, each at its number.
    pub(super) fn into_bytes(self) -> impl Iterator<Item = Box<[u8]>> {
        self.entries.into_iter().map(|entry| entry.bytes)
    }

    fn grow(&mut self) {
        let mask = (self.slots.len() * 2).max(16) - 1;
        self.slots = vec![0; mask + 1];
        for (index, entry) in self.entries.iter().enumerate() {
            let mut at = entry.hash as usize & mask;
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = index as u32 + 1;
        }
    }
}

/// Eight bytes at a time, multiplied and folded; good enough for names, and the same on every machine.
fn hash(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^= hash >> 32;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_have_one_number_however_many_there_are() {
        let mut table = Table::default();
        for round in 0..2 {
            for n in 0..1_000 {
                assert_eq!(table.number(format!("name-{n}").as_bytes()), n, "round {round}");
            }
        }
        assert_eq!(table.into_bytes().nth(7).as_deref(), Some(&b"name-7"[..]));
    }
}
