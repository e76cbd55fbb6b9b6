//! What folded text looks like. That it stands for the same names is a property test beside the pattern parser.

use super::fold;

/// Each row: names separated by blanks, and how they fold.
const FOLDS: &[(&str, &str)] = &[
    ("", ""),
    ("web1", "web1"),
    ("localhost", "localhost"),
    ("web1 web2", "web[1-2]"),
    ("web3 web1 web2 web7 web1", "web[1-3,7]"),
    ("web2 mail10 mail9", "mail[9-10],web2"),
    // Padding.
    ("m08 m09 m10 m11", "m[08-11]"),
    ("m1 m01 m001", "m[1,01,001]"),
    ("m8 m9 m10 m09", "m[8-9,09-10]"),
    ("m98 m99 m100 m099", "m[98-99,099-100]"),
    ("m0 m1", "m[0-1]"),
    ("m00 m01", "m[00-01]"),
    // Steps, only for a whole progression.
    ("n0 n16 n32 n48", "n[0-48/16]"),
    ("n0 n16 n32", "n[0,16,32]"),
    ("n0 n16 n32 n48 n49", "n[0,16,32,48-49]"),
    // Several numbers.
    ("a1x1 a1x2 a2x1 a2x2", "a[1-2]x[1-2]"),
    ("r1-1 r1-2 r2-1 r2-2 r3-1", "r[1-2]-[1-2],r3-1"),
    ("10.0.0.1 10.0.0.2 10.0.1.1 10.0.1.2", "10.0.[0-1].[1-2]"),
    ("a1b1c1 a1b1c2 a1b2c1 a1b2c2 a2b1c1 a2b1c2 a2b2c1 a2b2c2", "a[1-2]b[1-2]c[1-2]"),
    // The datacenter's word.
    ("mail1-dc1 mail2-dc1 mail1-dc2 mail2-dc2", "mail[1-2]-(dc1|dc2)"),
    ("mail1-dc1 mail2-dc1", "mail[1-2]-dc1"),
    ("mail1-ams mail2-ams mail1-fra mail2-fra", "mail[1-2]-(ams|fra)"),
    ("mail1-ams mail1-dc1 mail1-dc2", "mail1-(ams|dc1|dc2)"),
    ("mail1-dc1 mail1-dc2 mail1-dc3 mail1-dc4 mail1-dc5", "mail1-dc[1-5]"),
    ("mail1-dc1 mail1-dc2 mail1-dc3 mail1-dc4 mail1-dc5 mail1-ams", "mail1-(ams|dc[1-5])"),
    ("web1.ams.example.com web1.fra.example.com", "web1.(ams|fra).example.com"),
    ("web1-ams.x.com web2-ams.x.com web1-fra.x.com web2-fra.x.com", "web[1-2]-(ams|fra).x.com"),
    ("web1.x.com web2.x.com", "web[1-2].x.com"),
    ("db-ams db-fra", "db-(ams|fra)"),
    ("node-rack1 node-rack2", "node-rack[1-2]"),
    // Different words elsewhere stay apart.
    ("mail1 mail2 web1 web2", "mail[1-2],web[1-2]"),
    ("mail1 mail1-dc1", "mail1,mail1-dc1"),
    ("mail1-dc1 mail2-dc1 mail3-dc1 mail1-dc2 mail3-dc2", "mail[1,3]-(dc1|dc2),mail2-dc1"),
];

#[test]
fn folds_as_an_operator_would_write_it() {
    for (names, folded) in FOLDS {
        assert_eq!(fold(names.split_whitespace()), *folded, "{names}");
    }
}

#[test]
fn the_order_of_the_names_does_not_matter() {
    for (names, folded) in FOLDS {
        assert_eq!(fold(names.split_whitespace().rev()), *folded, "{names}");
    }
}

#[test]
fn digits_beyond_a_number_are_text() {
    let long = "a123456789012345678901";
    assert_eq!(fold([format!("{long}-1").as_str(), &format!("{long}-2")]), format!("{long}-[1-2]"));
    let many = |last: u32| format!("a1b1c1d1e1f1g{last}");
    assert_eq!(fold([many(1).as_str(), &many(2)]), "a1b1c1d1e1f1g1,a1b1c1d1e1f1g2");
}

#[test]
fn exceptions_are_shown_where_the_text_stays_short() {
    let mut names = Vec::new();
    for dc in 1..=20 {
        for n in 1..=50 {
            let missing = (n == 7 && dc % 2 == 0) || (n == 9 && dc % 3 == 0);
            if !missing {
                names.push(format!("mail{n}-dc{dc}"));
            }
        }
    }
    let folded = fold(names.iter().map(String::as_str));
    assert_eq!(folded, "mail[1-6,8,10-50]-dc[1-20],mail7-dc[1-19/2],mail9-dc[1-2,4-5,7-8,10-11,13-14,16-17,19-20]");
}
