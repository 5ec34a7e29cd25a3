//! Runs one hot path a number of times, for a count of its instructions: `counts ROW TIMES`; without arguments it prints
//! the rows. `scripts/counts` calls it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod samples;
#[path = "../../tests/common/tools.rs"]
#[allow(dead_code)] // Complianz has several cookies and is no row.
mod tools;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use consentry::consent::codec::Format;
use consentry::consent::codec::numbers::Numbers;
use consentry::consent::codec::tcf::{self, Tcf};
use consentry::consent::mapping::{Mapping, SourceRule};
use consentry::consent::reader::Input;
use consentry::consent::{Consent, Source, cookie, formats};
use consentry::policy::RuleSet;
use samples::{NOW, V1_PLAIN, V1_SYNC, V2, category, header, mapping, onetrust_1k, own_value, reader};
use std::hint::black_box;

/// One path, with what it reads made ready.
type Path = Box<dyn FnMut()>;

/// A name, and what makes the path ready.
type Row = (&'static str, fn() -> Path);

const ROWS: &[Row] = &[
    ("empty", || Box::new(|| ())),
    ("base64_alone", base64_alone),
    ("didomi_v1_plain", || didomi(V1_PLAIN)),
    ("didomi_v1_sync", || didomi(V1_SYNC)),
    ("didomi_v2", || didomi(V2)),
    ("own", own),
    ("onetrust_1k", onetrust),
    ("onetrust_1k_serde_json_alone", serde_json_alone),
    ("header_own_last", || read(&format!("euconsent={}", own_value(&reader())))),
    ("header_didomi_last", || read(&format!("didomi_dcs={}", String::from_utf8_lossy(V2)))),
    ("header_optanon_last", optanon_last),
    ("header_without_consent", || read("nothing=here")),
    ("header_memchr_alone", memchr_alone),
    ("cookies_of_the_site", || judged(OWN_COOKIES, 0)),
    ("cookies_of_17_services", || judged(&header("nothing=here"), 17)),
    ("tcf_purposes", tcf_purposes),
    ("tcf_vendor", tcf_vendor),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [row, times] = &arguments[..] else {
        ROWS.iter().for_each(|(name, _)| println!("{name}"));
        tools::SAMPLES.iter().for_each(|(name, ..)| println!("{name}"));
        return;
    };
    let (mut path, times) = (ready(row).expect("a row of the list"), times.parse::<u32>().expect("a number"));
    (0..times).for_each(|_| path());
}

fn ready(row: &str) -> Option<Path> {
    if let Some((_, ready)) = ROWS.iter().find(|(name, _)| *name == row) {
        return Some(ready());
    }
    let (_, scan, value) = tools::SAMPLES.iter().find(|(name, ..)| *name == row)?;
    Some(Box::new(move || {
        let mut granted = 0;
        let head = scan(black_box(value.as_bytes()), &mut |_, yes| granted += u32::from(yes));
        let _ = black_box((head, granted));
    }))
}

fn base64_alone() -> Path {
    let mut buffer = [0; 192];
    Box::new(move || {
        let _ = black_box(URL_SAFE_NO_PAD.decode_slice(black_box(V2), black_box(&mut buffer)));
    })
}

fn didomi(text: &'static [u8]) -> Path {
    let mapping = mapping();
    let rule = mapping.rule(Source::Tool(Format::Didomi)).unwrap().clone();
    assert!(formats::didomi(text, &mapping, &rule).unwrap().is_some());
    Box::new(move || drop(black_box(formats::didomi(black_box(text), &mapping, &rule))))
}

fn own() -> Path {
    let (mapping, value) = (mapping(), own_value(&reader()));
    assert!(formats::own(value.as_bytes(), &mapping).unwrap().is_some());
    Box::new(move || drop(black_box(formats::own(black_box(value.as_bytes()), &mapping))))
}

fn onetrust() -> Path {
    let (mapping, (_, value)) = (mapping(), onetrust_1k());
    let rule = mapping.rule(Source::Tool(Format::OneTrust)).unwrap().clone();
    assert!(formats::onetrust(value.as_bytes(), &mapping, &rule).unwrap().is_some());
    Box::new(move || drop(black_box(formats::onetrust(black_box(value.as_bytes()), &mapping, &rule))))
}

fn serde_json_alone() -> Path {
    let (json, _) = onetrust_1k();
    Box::new(move || drop(black_box(serde_json::from_slice::<serde_json::Value>(black_box(json.as_bytes())))))
}

/// A whole header to the answer that counts.
fn read(last: &str) -> Path {
    read_with(mapping(), last)
}

/// OneTrust's two web cookies, a week old: the tools' way through the whole reader, with names that the site maps.
fn optanon_last() -> Path {
    let mut rule = SourceRule::new(Source::Tool(Format::Optanon));
    for (name, number) in [("C0002", 2), ("C0004", 3)] {
        rule.groups.usual(name, [category(number)].into_iter().collect());
    }
    let mut mapping = mapping();
    mapping.sources.push(rule);
    let last = format!("OptanonConsent={}; OptanonAlertBoxClosed=2023-04-13T12:00:00.000Z", tools::OPTANON);
    read_with(mapping, &last)
}

fn read_with(mapping: Mapping, last: &str) -> Path {
    let (reader, header) = (reader(), header(last));
    let consent = !last.starts_with("nothing");
    Box::new(move || {
        let cookies = [black_box(header.as_bytes())];
        let input = Input { cookies: &cookies, ot_consent_string: None, now: NOW };
        let reading = black_box(reader.read(&mapping, &input));
        assert_eq!(reading.consent.is_answered(), consent);
    })
}

/// What a site without third parties has.
const OWN_COOKIES: &str =
    "PHPSESSID=5f1c; csrftoken=b2; basket=3; lang=fr; theme=dark; wordpress_logged_in_1=u; AWSALB=x; currency=EUR";

/// Each cookie of a whole header against the names of the whole catalogue, as on the way to the origin.
fn judged(header: &str, denied: usize) -> Path {
    let (rules, header) = (RuleSet::embedded().unwrap(), header.to_owned());
    let site = std::sync::Arc::clone(rules.site("shop.example").unwrap());
    let consent = Consent::default();
    Box::new(move || {
        let pairs = cookie::pairs(black_box(header.as_bytes()));
        assert_eq!(pairs.filter(|(name, _)| site.judge_cookie(name, &consent).blocks()).count(), denied);
    })
}

fn memchr_alone() -> Path {
    let header = header("nothing=here");
    Box::new(move || memchr::memchr_iter(b';', black_box(header.as_bytes())).for_each(|at| _ = black_box(at)))
}

/// A string as production's are: 838 vendors as a bit field.
fn tc_string() -> String {
    let value = Tcf {
        head: tcf::Head {
            created: 17_356_896_000,
            last_updated: 17_356_896_000,
            policy_version: 5,
            is_service_specific: true,
            purposes: Numbers::from_bits(0x7ff),
            ..tcf::Head::default()
        },
        vendors: (1..=838).filter(|id| id % 7 != 3).collect(),
        vendors_li: (1..=838).filter(|id| id % 3 != 1).collect(),
        ..Tcf::default()
    };
    tcf::encode(&value).unwrap()
}

fn tcf_purposes() -> Path {
    let text = tc_string();
    Box::new(move || {
        let _ = black_box(tcf::View::read(black_box(text.as_bytes())).map(|view| view.head.purposes));
    })
}

fn tcf_vendor() -> Path {
    let text = tc_string();
    Box::new(move || {
        let view = tcf::View::read(black_box(text.as_bytes())).unwrap();
        assert!(view.vendors().unwrap().vendor(800).consents_to(Numbers::from_bits(3), &view.head));
    })
}
