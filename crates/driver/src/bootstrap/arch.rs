//! Names of architectures: what `uname -m` says, and what a program's ELF header says. Pure.

/// The name under which nodes for the machine of `uname -m` are kept.
pub(super) fn of_machine(machine: &str) -> &str {
    match machine {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        "i386" | "i486" | "i586" | "i686" => "i686",
        machine if machine.starts_with("armv") => "arm",
        other => other,
    }
}

/// The architecture that a program is for, or none where its first bytes are no ELF header of a known one.
pub(super) fn of_program(bytes: &[u8]) -> Option<&'static str> {
    let header = bytes.get(..20).filter(|header| header.starts_with(b"\x7fELF"))?;
    let wide = header[4] == 2;
    let little = header[5] == 1;
    let machine = [header[18], header[19]];
    let machine = if little { u16::from_le_bytes(machine) } else { u16::from_be_bytes(machine) };
    Some(match (machine, wide, little) {
        (62, _, _) => "x86_64",
        (183, _, true) => "aarch64",
        (3, _, _) => "i686",
        (40, _, true) => "arm",
        (243, true, true) => "riscv64",
        (21, true, true) => "ppc64le",
        (21, true, false) => "ppc64",
        (22, true, _) => "s390x",
        (258, true, true) => "loongarch64",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_for_this_machine() {
        let own = std::fs::read("/proc/self/exe").unwrap();
        assert_eq!(of_program(&own), Some(of_machine(std::env::consts::ARCH)));
    }

    #[test]
    fn what_is_no_program_has_no_architecture() {
        assert_eq!(of_program(b"#!/bin/sh\nexit 0 # and more\n"), None);
        assert_eq!(of_program(b"\x7fELF"), None);
    }

    #[test]
    fn machines_have_one_name() {
        for (machine, arch) in [("armv7l", "arm"), ("i586", "i686"), ("arm64", "aarch64"), ("mips", "mips")] {
            assert_eq!(of_machine(machine), arch);
        }
    }
}
