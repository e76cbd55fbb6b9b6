//! What a host's name says about its datacenter.

/// The last label after `-` of the first DNS label: `mail1-dc2.example.net` is in `dc2`.
///
/// A label that begins with a digit numbers hosts, not datacenters (`web-01`), so it does not count.
pub(super) fn suffix(name: &str) -> Option<&str> {
    let host = name.split('.').next()?;
    let (before, label) = host.rsplit_once('-')?;
    (!before.is_empty() && is_place(label)).then_some(label)
}

/// The second DNS label: `mail1.dc2.example.net` is in `dc2`.
pub(super) fn dns_label(name: &str) -> Option<&str> {
    name.split('.').nth(1).filter(|label| is_place(label))
}

fn is_place(label: &str) -> bool {
    label.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_is_the_last_label_of_the_host_part() {
        for (name, expected) in [
            ("mail1-dc2", Some("dc2")),
            ("db-primary-fra1.example.net", Some("fra1")),
            ("web-01", None),
            ("web1", None),
            ("-dc1", None),
            ("web-", None),
            ("web1.a-b.net", None),
        ] {
            assert_eq!(suffix(name), expected, "{name}");
        }
    }

    #[test]
    fn the_dns_label_is_the_second_one() {
        for (name, expected) in [
            ("web1.dc2.example.net", Some("dc2")),
            ("ip-10-0-0-1.ec2.internal", Some("ec2")),
            ("10.0.0.1", None),
            ("a", None),
        ] {
            assert_eq!(dns_label(name), expected, "{name}");
        }
    }
}
