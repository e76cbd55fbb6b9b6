//! Which hosts are shown.

use super::root::Log;
use crate::bodies::for_each_line;
use crate::fold::bodies_of;
use crate::state::HostView;
use crate::words::is_bad;
use mcom_model::{BodyRef, Digest, HostId};
use regex::bytes::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Bytes of a line that are searched.
const LINE: usize = 1 << 20;

/// The hosts that every filter lets pass.
pub(super) fn select(log: Log<'_>) -> BTreeSet<HostId> {
    let mut grep = log.options.grep.as_ref().map(|regex| Grep { log, regex, by_digest: BTreeMap::new() });
    let hosts = log.view.hosts().filter(|(id, host)| {
        log.options.hosts.as_ref().is_none_or(|only| only.contains(id))
            && (!log.options.failed || host.outcome.as_ref().is_none_or(|outcome| is_bad(outcome.kind())))
            && grep.as_mut().is_none_or(|grep| grep.matches(*id, host))
    });
    hosts.map(|(id, _)| id).collect()
}

struct Grep<'a> {
    log: Log<'a>,
    regex: &'a Regex,
    /// Equal bodies are searched once.
    by_digest: BTreeMap<Digest, bool>,
}

impl Grep<'_> {
    fn matches(&mut self, id: HostId, host: &HostView) -> bool {
        let reason = host.outcome.as_ref().and_then(|outcome| outcome.reason());
        let (out, err) = bodies_of(host);
        self.regex.is_match(self.log.view.info().name(id).as_bytes())
            || reason.is_some_and(|reason| self.regex.is_match(reason.text.as_bytes()))
            || self.body_matches(&out)
            || self.body_matches(&err)
    }

    fn body_matches(&mut self, body: &BodyRef) -> bool {
        if body.len == 0 {
            return false;
        }
        let (log, regex) = (self.log, self.regex);
        *self.by_digest.entry(body.digest).or_insert_with(|| {
            let Ok(reader) = log.bodies.open(&body.digest) else { return false };
            let mut found = false;
            // The search stops with an error of its own at the first hit; a damaged body matches as far as it is read.
            let _ = for_each_line(reader, LINE, |line, _| {
                found = regex.is_match(line);
                if found { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
            });
            found
        })
    }
}
