//! One event as an object: names for ids, and the output of a host in its receipt.

use super::base64;
use crate::bodies::Bodies;
use crate::state::RunView;
use mcom_model::{BodyRef, Digest, HostId, OutcomeKind, RunEvent, Tally, What};
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::Read;

/// The version of the objects.
pub(crate) const VERSION: u32 = 1;

/// Bytes of one stream of one host in an object; the rest is in the ledger.
const OUTPUT: u64 = 1 << 20;

#[derive(Serialize)]
pub(super) struct Object<'a> {
    v: u32,
    run: &'a str,
    at_ms: u64,
    event: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dc: Option<&'a str>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The object of an event. Output is read from `bodies`.
pub(super) fn object<'a>(view: &'a RunView, event: &RunEvent, bodies: &dyn Bodies) -> serde_json::Result<Object<'a>> {
    let Value::Object(mut rest) = serde_json::to_value(&event.what)? else {
        unreachable!("an event is a map");
    };
    let info = view.info();
    let kind = rest.remove("event").unwrap_or_default();
    rest.remove("run");
    let id = match &event.what {
        What::Host { host, .. }
        | What::Shipped { host, .. }
        | What::Asked { host, .. }
        | What::Violation { host, .. } => Some(*host),
        _ => None,
    };
    rest.remove("host");
    // Of a host's event, what was said is what matters.
    let kind = rest.remove("said").unwrap_or(kind);
    if let What::Intent { hosts, .. } | What::Resumed { hosts, .. } = &event.what {
        let hosts: Vec<HostId> = hosts.iter().take(info.len()).collect();
        rest.insert("hosts".into(), info.fold(&hosts).into());
    }
    for key in ["by", "via"] {
        // `by` of a run that was halted, cancelled or has ended is no host.
        if let Some(id) = rest.get(key).and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok()) {
            rest.insert(key.into(), info.name(HostId(id)).into());
        }
    }
    if let What::RunEnded { tally: counts, .. } = &event.what {
        rest.insert("tally".into(), tally(counts));
    }
    if let Some(Value::Object(receipt)) = rest.get_mut("receipt") {
        for stream in ["out", "err"] {
            if let Some(Value::Object(body)) = receipt.get_mut(stream) {
                add_output(view, body, bodies);
            }
        }
    }
    Ok(Object {
        v: VERSION,
        run: info.run.as_str(),
        at_ms: event.at.as_millis(),
        event: kind,
        host: id.map(|id| info.name(id)),
        dc: id.and_then(|id| info.dc_of(id)).map(|dc| info.dcs()[dc].name.as_str()),
        rest,
    })
}

/// Counts by the kinds' names.
pub(crate) fn tally(tally: &Tally) -> Value {
    let name = |kind: OutcomeKind| kind.words().replace(' ', "-");
    Value::Object(OutcomeKind::ALL.map(|kind| (name(kind), tally.count(kind).into())).into_iter().collect())
}

/// Adds `text` or `base64`, and `cut` where there is more; `lost` where there is nothing.
fn add_output(view: &RunView, object: &mut Map<String, Value>, bodies: &dyn Bodies) {
    let Ok(body) = serde_json::from_value::<BodyRef>(Value::Object(object.clone())) else { return };
    if body.len == 0 {
        object.insert("text".into(), "".into());
        return;
    }
    match read(bodies, &body.digest) {
        Ok(bytes) => {
            match String::from_utf8(bytes) {
                Ok(text) => object.insert("text".into(), text.into()),
                Err(error) => object.insert("base64".into(), base64::encode(error.as_bytes()).into()),
            };
            if body.len > OUTPUT {
                object.insert("cut".into(), true.into());
            }
        }
        Err(error) => {
            let reason = view.body_lost(&body.digest).map_or_else(|| error.to_string(), |reason| reason.text.clone());
            object.insert("lost".into(), reason.into());
        }
    }
}

fn read(bodies: &dyn Bodies, digest: &Digest) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bodies.open(digest)?.take(OUTPUT).read_to_end(&mut bytes)?;
    Ok(bytes)
}
