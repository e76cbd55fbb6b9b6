//! Prints a pattern in its canonical spelling. Parsing that again gives an equal pattern.

use super::ast::{Item, Joint, Name, Part, Pattern, Term, TermKind};
use std::fmt::{Display, Formatter, Result};

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (index, term) in self.terms.iter().enumerate() {
            if index > 0 {
                f.write_str(term.joint.sign())?;
            }
            term.fmt(f)?;
        }
        Ok(())
    }
}

impl Joint {
    /// The character that stands for it.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Joint::Union => ",",
            Joint::And => "&",
            Joint::Without => "!",
        }
    }
}

/// Prints the term without the sign that joins it.
impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            TermKind::Name { user, name, port } => {
                if let Some(user) = user {
                    write!(f, "{user}@")?;
                }
                name.fmt(f)?;
                port.map_or(Ok(()), |port| write!(f, ":{port}"))
            }
            TermKind::Group { source: None, group } => write!(f, "@{group}"),
            TermKind::Group { source: Some(source), group } => write!(f, "@{source}:{group}"),
            TermKind::Run { id, outcome } => write!(f, "@run:{id}/{outcome}"),
            TermKind::Regex(regex) => write!(f, "/{regex}/"),
            TermKind::File(path) => write!(f, "^{path}"),
            TermKind::Stdin => f.write_str("-"),
        }
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.parts.iter().try_for_each(|part| part.fmt(f))
    }
}

impl Display for Part {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Part::Literal(text) => f.write_str(text),
            Part::Range(items) => write_list(f, '[', items, ',', ']'),
            Part::Alt(branches) => write_list(f, '(', branches, '|', ')'),
            Part::AnyText => f.write_str("*"),
            Part::AnyChar => f.write_str("?"),
        }
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let step = match *self {
            Item::Numbers { first, last, step, width } => {
                write!(f, "{first:0width$}")?;
                if first != last {
                    write!(f, "-{last:0width$}")?;
                }
                step
            }
            Item::Letters { first, last, step } => {
                write!(f, "{}", char::from(first))?;
                if first != last {
                    write!(f, "-{}", char::from(last))?;
                }
                step
            }
        };
        if step == 1 { Ok(()) } else { write!(f, "/{step}") }
    }
}

fn write_list<T: Display>(f: &mut Formatter<'_>, open: char, list: &[T], between: char, close: char) -> Result {
    write!(f, "{open}")?;
    for (index, one) in list.iter().enumerate() {
        if index > 0 {
            write!(f, "{between}")?;
        }
        one.fmt(f)?;
    }
    write!(f, "{close}")
}

#[cfg(test)]
mod tests {
    use crate::pattern::parse;

    #[test]
    fn other_spellings_are_printed_in_canonical_form() {
        for (typed, canonical) in [
            (" web1  web2,\tweb3 ", "web1,web2,web3"),
            ("a ! b & c", "a!b&c"),
            ("mail{1..9}-{dc1,dc2}", "mail[1-9]-(dc1|dc2)"),
            ("n{01..10}", "n[01-10]"),
            ("n{1..9..2}{a..e}", "n[1-9/2][a-e]"),
            ("n{,a,b{1,2}}", "n(|a|b(1|2))"),
            ("n[7-7,3,1-2]", "n[7,3,1-2]"),
            ("n[00-05,007]", "n[00-05,007]"),
            ("n[0-48/16,b-e/2]", "n[0-48/16,b-e/2]"),
            ("web**", "web*"),
            ("~web[0-9]{1,3}", "/web[0-9]{1,3}/"),
            ("~a/b|~x", r"/a\/b|~x/"),
            (r"/a\/b/", r"/a\/b/"),
            ("alice@web[1-2]:0022", "alice@web[1-2]:22"),
            ("@dc=dc1,@inv:mail,@run:latest/not-run,^a/b.txt,-", "@dc=dc1,@inv:mail,@run:latest/not-run,^a/b.txt,-"),
            ("10.0.[0-3].[1-254]", "10.0.[0-3].[1-254]"),
        ] {
            let parsed = parse(typed).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(parsed.to_string(), canonical, "{typed}");
            assert_eq!(parse(canonical).as_ref(), Ok(&parsed), "{typed}");
        }
    }
}
