//! The order of the rules, and the configured one.

use crate::dc::{FLAT, NO_DC, name};
use mcom_model::DcRule;
use regex::Regex;
use std::str::FromStr;

/// The rules in force. The first that fits a host decides: the inventory's attribute, the configured expression, the
/// label after the last `-` of its name, its second DNS label.
#[derive(Clone, Debug, Default)]
pub struct DcRules {
    /// The configured expression `dc_from_name`.
    pub configured: Option<DcNameRule>,
    /// The rule given by hand, `--dc-from`: this one and no other.
    pub only: Option<DcNameRule>,
    /// One group whatever the hosts are called: `--flat`.
    pub flat: bool,
}

/// How a name alone says the datacenter.
#[derive(Clone, Debug)]
pub enum DcNameRule {
    /// A regular expression over the whole name with a group called `dc`.
    Expression(Box<Regex>),
    /// `suffix`: the label after the last `-`.
    Suffix,
    /// `dns`: the second DNS label.
    Dns,
    /// `none`: no datacenters.
    None,
}

/// Text that is not a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DcNameRuleError {
    /// It is not a regular expression.
    #[error("`{rule}` is not a regular expression: {why}")]
    NotAnExpression {
        /// What was given.
        rule: String,
        /// What the expression parser says, in one line.
        why: String,
    },
    /// The expression has no group called `dc`.
    #[error(
        "`{rule}` does not say where the datacenter stands: give `suffix`, `dns`, `none`, or a regular expression with a \
         group called dc, such as '[a-z]+\\d+-(?<dc>[a-z]+\\d+)'"
    )]
    NoGroup {
        /// What was given.
        rule: String,
    },
}

impl DcRules {
    /// The datacenter of a host and the rule that said so. `attribute` is the inventory's.
    pub fn datacenter<'a>(&self, host: &'a str, attribute: Option<&'a str>) -> (&'a str, DcRule) {
        if self.flat {
            return (FLAT, DcRule::Flat);
        }
        if let Some(rule) = &self.only {
            return rule.apply(host).unwrap_or((NO_DC, DcRule::None));
        }
        attribute
            .map(|dc| (dc, DcRule::Inventory))
            .or_else(|| self.configured.as_ref().and_then(|rule| rule.apply(host)))
            .or_else(|| DcNameRule::Suffix.apply(host))
            .or_else(|| DcNameRule::Dns.apply(host))
            .unwrap_or((NO_DC, DcRule::None))
    }
}

impl DcNameRule {
    fn apply<'a>(&self, host: &'a str) -> Option<(&'a str, DcRule)> {
        match self {
            Self::Expression(regex) => {
                let dc = regex.captures(host)?.name("dc")?.as_str();
                (!dc.is_empty()).then_some((dc, DcRule::Configured))
            }
            Self::Suffix => name::suffix(host).map(|dc| (dc, DcRule::NameSuffix)),
            Self::Dns => name::dns_label(host).map(|dc| (dc, DcRule::DnsLabel)),
            Self::None => None,
        }
    }
}

impl FromStr for DcNameRule {
    type Err = DcNameRuleError;

    fn from_str(rule: &str) -> Result<Self, Self::Err> {
        match rule {
            "suffix" => return Ok(Self::Suffix),
            "dns" => return Ok(Self::Dns),
            "none" => return Ok(Self::None),
            _ => {}
        }
        // Alone first, so that a message never shows the anchors, and so that `a)|(b` cannot escape from them.
        let parsed = Regex::new(rule).and_then(|_| Regex::new(&format!("^(?:{rule})$")));
        let regex = parsed
            .map_err(|error| DcNameRuleError::NotAnExpression { rule: rule.to_owned(), why: one_line(&error) })?;
        if regex.capture_names().flatten().any(|group| group == "dc") {
            Ok(Self::Expression(Box::new(regex)))
        } else {
            Err(DcNameRuleError::NoGroup { rule: rule.to_owned() })
        }
    }
}

/// The last line of what the expression parser says is the reason; the lines before draw the expression.
fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_fits_decides() {
        let configured =
            DcRules { configured: Some("[a-z]+[0-9]+_(?<dc>[a-z]+)".parse().unwrap()), ..DcRules::default() };
        for (host, attribute, expected) in [
            ("web1_fra", Some("ams"), ("ams", DcRule::Inventory)),
            ("web1_fra", None, ("fra", DcRule::Configured)),
            ("web1_fra-x", None, ("x", DcRule::NameSuffix)),
            ("web1-dc1.dc2.net", None, ("dc1", DcRule::NameSuffix)),
            ("web1.dc2.net", None, ("dc2", DcRule::DnsLabel)),
            ("web1", None, ("none", DcRule::None)),
        ] {
            assert_eq!(configured.datacenter(host, attribute), expected, "{host}");
        }
    }

    #[test]
    fn a_rule_given_by_hand_is_the_only_one() {
        let rules = DcRules { only: Some("dns".parse().unwrap()), ..DcRules::default() };
        assert_eq!(rules.datacenter("web1-dc1.dc2.net", Some("ams")), ("dc2", DcRule::DnsLabel));
        assert_eq!(rules.datacenter("web1-dc1", Some("ams")), ("none", DcRule::None));
    }

    #[test]
    fn flat_is_one_group() {
        let rules = DcRules { flat: true, ..DcRules::default() };
        assert_eq!(rules.datacenter("web1-dc1", Some("ams")), ("all", DcRule::Flat));
    }

    #[test]
    fn an_expression_covers_the_whole_name_and_names_its_group() {
        let rule: DcNameRule = "web[0-9]-(?<dc>a|b)".parse().unwrap();
        assert_eq!(rule.apply("web1-a"), Some(("a", DcRule::Configured)));
        assert_eq!(rule.apply("xweb1-a"), None);
        assert!(matches!("web-(a|b)".parse::<DcNameRule>(), Err(DcNameRuleError::NoGroup { .. })));
        let broken = "web(".parse::<DcNameRule>().unwrap_err().to_string();
        assert_eq!(broken, "`web(` is not a regular expression: unclosed group");
    }
}
