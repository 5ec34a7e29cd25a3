//! What the codec benchmarks and the instruction counts read: published samples, and values of our own making.

use consentry::consent::codec::signature::Keyring;
use consentry::consent::codec::{Format, onetrust};
use consentry::consent::mapping::{Mapping, SourceRule};
use consentry::consent::own::{self, OwnAnswer};
use consentry::consent::reader::Reader;
use consentry::consent::{CategoryNumber, CategorySet, Deciseconds, Source};

/// The samples that the format's authors publish: version 1 in its two forms, and version 2.
pub const V1_PLAIN: &[u8] = b"BGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsCABFKVEACKUqgAAERY4AABEWMA";
pub const V1_SYNC: &[u8] = b"BGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsJ9iee2BAAilKiABFKVQAACIscAAAiLGAAA";
pub const V2: &[u8] = b"CGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsAAKn2J57YEACKUqIAEUpVAAAIixwAACIsY";

/// A week after the published samples.
pub const NOW: Deciseconds = Deciseconds(16_820_000_000);

pub fn category(number: u8) -> CategoryNumber {
    CategoryNumber::new(number).unwrap()
}

pub fn mapping() -> Mapping {
    let mut onetrust = SourceRule::new(Source::Tool(Format::OneTrust));
    for (name, number) in [("C0002", 2), ("C0004", 3)] {
        onetrust.groups.usual(name, [category(number)].into_iter().collect());
    }
    let mut didomi = SourceRule::new(Source::Tool(Format::Didomi));
    didomi.purposes = (1..=8).map(|id: u8| (u16::from(id), category(id))).collect();
    Mapping {
        categories: (0..10).map(category).collect(),
        sources: vec![SourceRule::new(Source::Own), onetrust, didomi],
        ..Mapping::default()
    }
}

pub fn reader() -> Reader {
    Reader::new(Keyring::new([[1; 32]]).unwrap())
}

/// Our own cookie's value.
pub fn own_value(reader: &Reader) -> String {
    let set = |numbers: &[u8]| numbers.iter().copied().map(category).collect::<CategorySet>();
    let (granted, refused) = (set(&[1, 2]), set(&[3]));
    let answer = OwnAnswer { id: [1; 16], created: NOW, updated: NOW, granted, refused, services: Vec::new() };
    own::encode(&answer, &mapping().site, reader.keyring())
}

/// An `otConsentString` of 1 kB with the members and order of the published one: its JSON, and the value.
pub fn onetrust_1k() -> (String, String) {
    let sdks: Vec<String> = (1..=5).map(|n| format!("\"0000000{n}-0000-4000-8000-000000000000\":{}", n % 2)).collect();
    let json = format!(
        concat!(
            r#"{{"lastLaunchDate":1700000000123,"shouldShowBanner":1,"dsId":"00000000-0000-4000-8000-000000000001","#,
            r#""appId":"00000000-0000-4000-8000-000000000002-test","cdn":"cdn.example.org","isAnonymous":1,"#,
            r#""expiryDate":1731536000456,"lastConsentDate":1700000000456,"lastInteractionType":"Preference Center - Confirm","#,
            r#""groupConsents":{{"C0001":1,"C0002":1,"C0003":0,"C0004":0,"C0005":0}},"sdkConsents":{{{}}}}}"#
        ),
        sdks.join(",")
    );
    let value = onetrust::encode(&serde_json::from_str(&json).unwrap()).unwrap();
    (json, value)
}

/// The names of real pages' cookies.
const NAMES: [&str; 24] = [
    "_ga",
    "_gid",
    "_gcl_au",
    "_fbp",
    "_fbc",
    "_uetsid",
    "_uetvid",
    "_clck",
    "_clsk",
    "_hjSessionUser_1",
    "_pin_unauth",
    "_scid",
    "_ttp",
    "PHPSESSID",
    "JSESSIONID",
    "csrftoken",
    "cart",
    "lang",
    "currency",
    "AMP_TOKEN",
    "__cf_bm",
    "ajs_anonymous_id",
    "intercom-session",
    "optimizelyEndUserId",
];

/// A `Cookie` field of 25 cookies and 3 kB, `last` at its end.
pub fn header(last: &str) -> String {
    let others = NAMES.iter().map(|name| format!("{name}={}", "v1.2-w".repeat(19)));
    others.chain([last.to_owned()]).collect::<Vec<_>>().join("; ")
}
