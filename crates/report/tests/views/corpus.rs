//! The kept corpus of the fuzz target is replayed by the ordinary tests.

use crate::any_bytes;

#[test]
fn the_kept_fuzz_corpus_passes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/sanitiser");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 10, "the corpus is missing: {} files", files.len());
    files.iter().for_each(|file| any_bytes::check(&std::fs::read(file).unwrap()));
}
