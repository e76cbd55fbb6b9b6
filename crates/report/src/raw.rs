//! The exact bytes that hosts printed: to two streams, or into files.

use crate::bodies::Bodies;
use crate::state::RunView;
use mcom_model::{HostId, Stream};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes what these hosts printed, host by host: standard output to `out`, standard error to `err`, byte for byte.
pub fn raw(
    view: &RunView,
    hosts: impl IntoIterator<Item = HostId>,
    bodies: &dyn Bodies,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    for host in hosts {
        copy(view, host, Stream::Out, bodies, out)?;
        copy(view, host, Stream::Err, bodies, err)?;
    }
    Ok(())
}

/// Writes what each host printed to `DIR/HOST.out` and, where there is any, `DIR/HOST.err`. `DIR` is made where it is
/// missing.
pub fn write_outdir(view: &RunView, bodies: &dyn Bodies, dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    for (id, host) in view.hosts() {
        let Some(receipt) = &host.receipt else { continue };
        for (stream, ending) in [(Stream::Out, "out"), (Stream::Err, "err")] {
            if stream == Stream::Err && receipt.err.len == 0 {
                continue;
            }
            // A name is a name of a host, which has neither `/` nor a leading dot; anything else stays out of paths.
            let name: String = view.info().name(id).chars().map(|c| if c == '/' { '_' } else { c }).collect();
            let path = dir.join(format!("{}.{ending}", name.trim_start_matches('.')));
            let in_path = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
            let mut file = BufWriter::new(File::create(&path).map_err(in_path)?);
            copy(view, id, stream, bodies, &mut file).and_then(|()| file.flush()).map_err(in_path)?;
        }
    }
    Ok(())
}

fn copy(view: &RunView, host: HostId, stream: Stream, bodies: &dyn Bodies, out: &mut dyn Write) -> io::Result<()> {
    let Some(receipt) = view.host(host).and_then(|host| host.receipt.as_ref()) else { return Ok(()) };
    let body = receipt.body(stream);
    if body.len == 0 || view.body_lost(&body.digest).is_some() {
        return Ok(());
    }
    io::copy(&mut bodies.open(&body.digest)?, out).map(|_| ())
}
