//! One configuration file, laid over the settings so far.

use crate::args::{duration, size};
use crate::config::settings::{CertificateSettings, LinkSettings, Origin, Setting, Settings};
use clap::ValueEnum;
use mcom_fleet::dc::DcNameRule;
use mcom_fleet::document::{self, DocumentError, Found, Section};
use mcom_model::{Credentials, limits};
use std::path::Path;

const KEYS: [&str; 21] = [
    "inventory",
    "dc_from_name",
    "fanout",
    "opening",
    "width",
    "depth",
    "connect_timeout",
    "command_timeout",
    "global_fanout",
    "deadline",
    "max_fail",
    "lock_wait",
    "output_cap",
    "credentials",
    "output",
    "fold_ignore",
    "progress",
    "color",
    "ssh",
    "certificate",
    "policy",
];

const LONG_LINK_KEYS: [&str; 5] = ["config", "user", "options", "identity", "inner"];
const CERTIFICATE_KEYS: [&str; 3] = ["ca", "source", "minutes"];

/// A certificate that lives longer outlives what it is for.
const LONGEST_MINUTES: u32 = 24 * 60;

const INNER_LINK_KEYS: [&str; 3] = ["config", "user", "options"];

/// Lays the file at `path` over `settings`. Paths in it that are not absolute are relative to its folder.
pub(super) fn lay_over(settings: &mut Settings, path: &Path, text: &str) -> Result<(), DocumentError> {
    let name = path.display().to_string();
    let document = document::parse(&name, text)?;
    document.only(&KEYS)?;
    let file = File { name: &name, folder: path.parent().unwrap_or(Path::new("/")), section: &document };
    file.top(settings)?;
    if let Some(ssh) = document.section("ssh")? {
        ssh.only(&LONG_LINK_KEYS)?;
        file.within(&ssh).links(&mut settings.ssh, true)?;
        file.within(&ssh).identity(&mut settings.ssh_identity)?;
        if let Some(inner) = ssh.section("inner")? {
            inner.only(&INNER_LINK_KEYS)?;
            file.within(&inner).links(&mut settings.inner, false)?;
        }
    }
    if let Some(certificate) = document.section("certificate")? {
        certificate.only(&CERTIFICATE_KEYS)?;
        file.within(&certificate).certificate(&mut settings.certificate)?;
    }
    if let Some(policy) = document.section("policy")? {
        settings.policy.tighten(&name, &policy)?;
    }
    Ok(())
}

/// Adds the rules of a policy, which is a file of its own.
pub(super) fn tighten(settings: &mut Settings, path: &Path, text: &str) -> Result<(), DocumentError> {
    let name = path.display().to_string();
    settings.policy.tighten(&name, &document::parse(&name, text)?)
}

struct File<'f> {
    name: &'f str,
    folder: &'f Path,
    section: &'f Section<'f>,
}

impl<'f> File<'f> {
    fn within<'s>(&'s self, section: &'s Section<'s>) -> File<'s>
    where
        'f: 's,
    {
        File { name: self.name, folder: self.folder, section }
    }

    fn top(&self, settings: &mut Settings) -> Result<(), DocumentError> {
        if let Some(paths) = self.section.texts("inventory")? {
            let at = self.section.offset("inventory");
            let paths = paths.into_iter().map(|path| self.path(&path.value)).collect();
            self.set(&mut settings.inventory, Some(Found { value: paths, at }));
        }
        if let Some(rule) = self.section.text("dc_from_name")? {
            let parsed: DcNameRule =
                rule.value.parse().map_err(|error| self.section.error(rule.at, format!("{error}")))?;
            self.set(&mut settings.dc_from_name, Some(Found { value: Some((rule.value, parsed)), at: rule.at }));
        }
        self.set(&mut settings.fanout, self.count("fanout", 1_000_000)?);
        self.set(&mut settings.opening, self.count("opening", 1_000_000)?);
        self.set(&mut settings.width, self.count("width", 1_000_000)?);
        self.set(&mut settings.depth, self.count("depth", limits::LEVELS)?.map(some));
        self.set(&mut settings.connect_timeout, self.value("connect_timeout", duration)?);
        self.set(&mut settings.command_timeout, self.value("command_timeout", duration)?.map(some));
        self.set(&mut settings.global_fanout, self.count("global_fanout", 1_000_000)?.map(some));
        self.set(&mut settings.deadline, self.value("deadline", duration)?.map(some));
        self.set(&mut settings.max_fail, self.section.number("max_fail", 0..=limits::HOSTS)?.map(some));
        self.set(&mut settings.lock_wait, self.value("lock_wait", duration)?.map(some));
        self.set(&mut settings.output_cap, self.value("output_cap", size)?);
        self.credentials(settings)?;
        self.set(&mut settings.output, self.choice("output")?);
        self.set(&mut settings.progress, self.choice("progress")?);
        self.set(&mut settings.color, self.choice("color")?);
        self.fold_ignore(settings)
    }

    fn links(&self, links: &mut LinkSettings, config_is_here: bool) -> Result<(), DocumentError> {
        let config = self.section.text("config")?;
        let config = config.map(|found| Found {
            // The inner links' file lies on the parents, so only the long links' has a folder here.
            value: Some(if config_is_here { self.path(&found.value) } else { found.value }),
            at: found.at,
        });
        self.set(&mut links.config, config);
        self.set(&mut links.user, self.section.text("user")?.map(some));
        if let Some(options) = self.section.texts("options")? {
            let at = self.section.offset("options");
            let options = options.into_iter().map(|option| option.value).collect();
            self.set(&mut links.options, Some(Found { value: options, at }));
        }
        Ok(())
    }

    fn identity(&self, identity: &mut Setting<Vec<String>>) -> Result<(), DocumentError> {
        let Some(paths) = self.section.texts("identity")? else { return Ok(()) };
        let value = paths.into_iter().map(|path| self.key_path(&path.value)).collect();
        self.set(identity, Some(Found { value, at: self.section.offset("identity") }));
        Ok(())
    }

    fn certificate(&self, certificate: &mut CertificateSettings) -> Result<(), DocumentError> {
        let ca = self.section.text("ca")?.map(|found| {
            let in_agent = found.value.starts_with("agent:");
            Found { value: if in_agent { found.value } else { self.key_path(&found.value) }, at: found.at }
        });
        self.set(&mut certificate.ca, ca.map(some));
        if let Some(source) = self.section.texts("source")? {
            for found in &source {
                if !is_range(&found.value) {
                    let advice = "write an address or a range, such as 10.0.0.0/8 or fd00::/8";
                    let message = format!("`{}` is no place that a parent may log in from: {advice}", found.value);
                    return Err(self.section.error(found.at, message));
                }
            }
            let value = source.into_iter().map(|found| found.value).collect();
            self.set(&mut certificate.source, Some(Found { value, at: self.section.offset("source") }));
        }
        self.set(&mut certificate.minutes, self.count("minutes", LONGEST_MINUTES)?);
        Ok(())
    }

    /// The path of a key: `~/` is the home of whoever runs this.
    fn key_path(&self, path: &str) -> String {
        match path.strip_prefix("~/").zip(std::env::var_os("HOME")) {
            Some((below, home)) => Path::new(&home).join(below).display().to_string(),
            None => self.path(path),
        }
    }

    fn credentials(&self, settings: &mut Settings) -> Result<(), DocumentError> {
        let Some(found) = self.section.text("credentials")? else { return Ok(()) };
        let Some(value) = Credentials::of_word(&found.value) else {
            let words = Credentials::ALL.map(Credentials::word).join(", ");
            let message = format!("`credentials` is '{}', and must be one of {words}", found.value);
            return Err(self.section.error(found.at, message));
        };
        self.set(&mut settings.credentials, Some(Found { value, at: found.at }));
        Ok(())
    }

    fn fold_ignore(&self, settings: &mut Settings) -> Result<(), DocumentError> {
        let Some(words) = self.section.texts("fold_ignore")? else { return Ok(()) };
        let at = self.section.offset("fold_ignore");
        let choices = words.into_iter().map(|word| self.one_of("fold_ignore", word).map(|found| found.value));
        let value = choices.collect::<Result<Vec<_>, _>>()?;
        self.set(&mut settings.fold_ignore, Some(Found { value, at }));
        Ok(())
    }

    fn count(&self, key: &str, most: u32) -> Result<Option<Found<u32>>, DocumentError> {
        let found = self.section.number(key, 1..=u64::from(most))?;
        Ok(found.map(|found| Found { value: u32::try_from(found.value).unwrap_or(most), at: found.at }))
    }

    fn value<T>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Found<T>>, DocumentError> {
        let Some(found) = self.section.text(key)? else { return Ok(None) };
        match parse(&found.value) {
            Ok(value) => Ok(Some(Found { value, at: found.at })),
            Err(message) => Err(self.section.error(found.at, message)),
        }
    }

    fn choice<T: ValueEnum>(&self, key: &str) -> Result<Option<Found<T>>, DocumentError> {
        self.section.text(key)?.map(|found| self.one_of(key, found)).transpose()
    }

    fn one_of<T: ValueEnum>(&self, key: &str, found: Found<String>) -> Result<Found<T>, DocumentError> {
        match T::from_str(&found.value, false) {
            Ok(value) => Ok(Found { value, at: found.at }),
            Err(_) => {
                let known: Vec<String> = T::value_variants()
                    .iter()
                    .filter_map(|variant| variant.to_possible_value().map(|value| value.get_name().to_owned()))
                    .collect();
                let message = format!("`{key}` is '{}', and must be one of {}", found.value, known.join(", "));
                Err(self.section.error(found.at, message))
            }
        }
    }

    fn set<T>(&self, setting: &mut Setting<T>, found: Option<Found<T>>) {
        if let Some(Found { value, at }) = found {
            let origin = Origin::File { path: self.name.to_owned(), line: self.section.place(at).line };
            *setting = Setting { value, origin };
        }
    }

    fn path(&self, text: &str) -> String {
        self.folder.join(text).display().to_string()
    }
}

/// Whether a text is an IP address, or a range of them.
fn is_range(text: &str) -> bool {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return false };
    let most = if address.is_ipv4() { 32 } else { 128 };
    bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= most))
}

fn some<T>(found: Found<T>) -> Found<Option<T>> {
    Found { value: Some(found.value), at: found.at }
}
