//! `consentry decode`: what a consent string or cookie value means, field by field.

use super::CliError;
use crate::collect::keys;
use crate::consent::codec::didomi::{self, Dcs, Field, Form, LogEntry, Parts, Statuses};
use crate::consent::codec::ids::IdSet;
use crate::consent::codec::signature::Keyring;
use crate::consent::codec::{Format, dastra, detect, onetrust};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `consentry decode`.
#[derive(Debug, Args)]
pub struct DecodeArgs {
    /// The value, or a whole NAME=VALUE pair; `-` reads it from standard input
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: String,
    /// The format; by default the value's shape says it
    #[arg(long, value_enum)]
    format: Option<FormatName>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Also print each field's offset in bits and how it is written (Didomi strings and our own cookie)
    #[arg(long)]
    log: bool,
    /// Verify the signature of our own cookie: the site that it is for
    #[arg(long, value_name = "NAME", requires = "keys")]
    site: Option<String>,
    /// Verify the signature of our own cookie: the file with the signing keys
    #[arg(long, value_name = "FILE", requires = "site")]
    keys: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    /// Our own cookie: a signed Didomi consent string of version 2
    Own,
    /// A Didomi consent string (didomi_dcs)
    Didomi,
    /// OneTrust's otConsentString
    Onetrust,
    /// Dastra's euconsent or consent-eu
    Dastra,
}

/// What a value means: lines for people, and the same as JSON.
#[derive(Default)]
struct Meaning {
    lines: Vec<(&'static str, String)>,
    json: Map<String, Value>,
}

/// Does what the arguments say.
///
/// # Errors
/// When the value is of no known format, or not a value of its format (with the place), or cannot be written.
pub fn run(args: DecodeArgs) -> Result<ExitCode, CliError> {
    let signed_for = match (&args.site, &args.keys) {
        (Some(site), Some(path)) => Some((site.as_str(), Keyring::new(keys::load(path)?)?)),
        _ => None,
    };
    let text = if args.value == "-" { read_stdin()? } else { args.value.into_bytes() };
    let output = describe(&text, args.format, args.log, signed_for.as_ref().map(|(site, ring)| (*site, ring)))
        .map(|meaning| if args.json { meaning.into_json() } else { meaning.into_text() })?;
    match io::stdout().lock().write_all(output.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Reads more than any format allows, so that a value that is too long is said to be so.
fn read_stdin() -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    io::stdin().lock().take(1 << 20).read_to_end(&mut text)?;
    Ok(text)
}

fn describe(
    text: &[u8],
    format: Option<FormatName>,
    log: bool,
    signed_for: Option<(&str, &Keyring)>,
) -> Result<Meaning, String> {
    let value = value_of(text.trim_ascii());
    let format = match format {
        Some(FormatName::Own | FormatName::Didomi) => Format::Didomi,
        Some(FormatName::Onetrust) => Format::OneTrust,
        Some(FormatName::Dastra) => Format::Dastra,
        None => detect(value).ok_or(
            "the value has the shape of no known format; known are Didomi consent strings (and our own cookie), \
             OneTrust's otConsentString and Dastra's cookie; --format names one",
        )?,
    };
    let failed = |error: String| format!("not a value of format {}: {error}", format.name());
    let mut meaning = Meaning::default();
    meaning.add("format", format.name());
    match format {
        Format::Didomi => {
            let (dcs, entries) = didomi::decode_logged(value).map_err(|error| failed(error.to_string()))?;
            meaning.didomi(&dcs);
            meaning.parts(&Parts::split(value), signed_for);
            if log {
                meaning.log(&entries);
            }
        }
        Format::OneTrust => {
            let decoded = onetrust::decode(value).map_err(|error| failed(format!("{}: {error}", error.code())))?;
            meaning.onetrust(&decoded);
        }
        Format::Dastra => {
            let decoded = dastra::decode(value).map_err(|error| failed(error.to_string()))?;
            meaning.dastra(&decoded);
        }
    }
    Ok(meaning)
}

/// The value of a `NAME=VALUE` pair, or the text itself: no format's values begin like a cookie's name and `=` but
/// base64 that ends in `=`, and there nothing follows.
fn value_of(text: &[u8]) -> &[u8] {
    let Some((name, value)) = memchr::memchr(b'=', text).and_then(|at| text.split_at_checked(at)) else { return text };
    let is_name = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte));
    let value = value.get(1..).unwrap_or_default();
    if is_name && value.iter().any(|byte| *byte != b'=') { value } else { text }
}

impl Meaning {
    fn add(&mut self, key: &'static str, value: impl Into<Value>) {
        let value = value.into();
        let line = match &value {
            Value::Null => "none".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.lines.push((key, line));
        self.json.insert(key.to_owned(), value);
    }

    fn didomi(&mut self, dcs: &Dcs) {
        self.add("version", dcs.form.version());
        self.add("user_id", uuid::Uuid::from_bytes(dcs.user_id).to_string());
        self.add("created", date(dcs.created));
        self.add("updated", date(dcs.updated));
        if let Form::V2 { regulation, .. } = dcs.form {
            self.add("regulation_id", regulation);
        }
        if dcs.form != Form::V1Plain {
            self.add("sync", dcs.form.sync().map_or(Value::Null, |sync| date(sync).into()));
        }
        let sections = [
            ("purposes", &dcs.purposes),
            ("purposes_li", &dcs.purposes_li),
            ("vendors", &dcs.vendors),
            ("vendors_li", &dcs.vendors_li),
        ];
        // In JSON also under the names of the format's own decoder.
        for ((key, statuses), field) in sections.into_iter().zip(Field::ALL) {
            let ids = |set: &IdSet| set.iter().collect::<Vec<_>>();
            self.lines.push((key, statuses_text(statuses)));
            let value = json!({"enabled": ids(statuses.enabled()), "disabled": ids(statuses.disabled())});
            self.json.insert(key.to_owned(), value.clone());
            self.json.insert(field.key().to_owned(), value);
        }
    }

    fn parts(&mut self, parts: &Parts<'_>, signed_for: Option<(&str, &Keyring)>) {
        for (key, part) in [("did", parts.did), ("ouid", parts.ouid), ("signature", parts.signature)] {
            if let Some(part) = part {
                self.add(key, String::from_utf8_lossy(part).into_owned());
            }
        }
        if let Some((site, keyring)) = signed_for {
            let ours = parts.signature.is_some_and(|signature| keyring.verify(site, parts.signed, signature));
            self.lines.push((
                "signature is",
                if ours { format!("ours, for the site {site}") } else { format!("not ours for the site {site}") },
            ));
            self.json.insert("signed_by_us".to_owned(), ours.into());
        }
    }

    fn log(&mut self, entries: &[LogEntry]) {
        for entry in entries {
            let line = format!("{:<16} at bit {:>4}  {}", entry.key, entry.offset, entry.encoder.name());
            self.lines.push(("log", line));
        }
        let value = |e: &LogEntry| json!({"key": e.key, "offset": e.offset, "usedEncoder": e.encoder.name()});
        self.json.insert("log".to_owned(), entries.iter().map(value).collect());
    }

    fn onetrust(&mut self, decoded: &onetrust::OtConsentString) {
        let answered = if decoded.groups().is_some() { "yes" } else { "no: written before a choice" };
        self.lines.push(("answered", answered.to_owned()));
        for (name, at) in [("last consent", decoded.last_consent()), ("expires", decoded.expiry())] {
            if let Some(milliseconds) = at {
                self.lines.push((name, date(milliseconds / 100)));
            }
        }
        for (group, granted) in decoded.groups().into_iter().flatten() {
            self.lines.push(("group", format!("{group} {}", yes_or_no(granted))));
        }
        for (name, member) in decoded.members() {
            if let onetrust::Member::Other(value) = member {
                self.lines.push(("member", format!("{name} = {value}")));
            }
        }
        self.json.insert("answered".to_owned(), decoded.groups().is_some().into());
        self.json.insert("value".to_owned(), serde_json::to_value(decoded).unwrap_or_default());
    }

    fn dastra(&mut self, decoded: &dastra::Dastra) {
        for (slug, granted) in decoded.services() {
            self.lines.push(("service", format!("{slug} {}", yes_or_no(*granted))));
        }
        let services = decoded.services().iter().map(|(slug, granted)| (slug.clone(), Value::from(*granted)));
        self.json.insert("services".to_owned(), Value::Object(services.collect()));
    }

    fn into_json(self) -> String {
        format!("{}\n", Value::Object(self.json))
    }

    fn into_text(self) -> String {
        self.lines.iter().fold(String::new(), |mut text, (key, line)| {
            // Writing to a string does not fail. Control characters of a value stay out of the terminal.
            let _ = writeln!(text, "{key:<14} {}", line.replace(char::is_control, "\u{fffd}"));
            text
        })
    }
}

const fn yes_or_no(granted: bool) -> &'static str {
    if granted { "yes" } else { "no" }
}

fn date(deciseconds: u64) -> String {
    let nanoseconds = i128::from(deciseconds) * 100_000_000;
    time::OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .ok()
        .and_then(|time| time.format(&time::format_description::well_known::Rfc3339).ok())
        .unwrap_or_else(|| format!("{deciseconds} tenths of a second after 1970"))
}

/// `enabled 1-2, 6-8; disabled 3-4`.
fn statuses_text(statuses: &Statuses) -> String {
    let ranges = |set: &IdSet| {
        let range = |(start, end): &(u16, u16)| if start == end { start.to_string() } else { format!("{start}-{end}") };
        set.ranges().iter().map(range).collect::<Vec<_>>().join(", ")
    };
    let parts = [("enabled", statuses.enabled()), ("disabled", statuses.disabled())];
    let parts: Vec<String> =
        parts.iter().filter(|(_, set)| !set.is_empty()).map(|(name, set)| format!("{name} {}", ranges(set))).collect();
    if parts.is_empty() { "nothing answered".to_owned() } else { parts.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2: &str = "CGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsAAKn2J57YEACKUqIAEUpVAAAIixwAACIsY";

    fn text(value: &str) -> String {
        describe(value.as_bytes(), None, false, None).unwrap().into_text()
    }

    fn json(value: &str, log: bool) -> Value {
        serde_json::from_str(&describe(value.as_bytes(), None, log, None).unwrap().into_json()).unwrap()
    }

    #[test]
    fn a_consent_string_is_told_field_by_field() {
        let text = text(&format!("didomi_dcs={V2}.D.O~S\n"));
        for line in [
            "format         didomi",
            "user_id        1875afe1-461b-6b9f-9d66-700174abbffc",
            "updated        2023-04-12T18:10:00Z",
            "regulation_id  10",
            "sync           2023-05-24T18:10:00Z",
            "purposes       enabled 1-2, 6-8; disabled 3-4",
            "vendors_li     enabled 128-132",
            "ouid           O",
            "signature      S",
        ] {
            assert!(text.lines().any(|found| found == line), "{line:?} is not in:\n{text}");
        }
    }

    #[test]
    fn json_holds_ids_and_the_log() {
        let value = json(V2, true);
        assert_eq!(value["vendors"], json!({"enabled": [128, 129, 130, 131, 132], "disabled": []}));
        // The names of the format's own decoder.
        assert_eq!(value["purposes_optout"], json!({"enabled": [1, 2, 6, 7, 8], "disabled": [3, 4]}));
        assert_eq!(value["vendors_optin"], value["vendors"]);
        assert_eq!(value["log"][9], json!({"key": "vendors_optout", "offset": 367, "usedEncoder": "rangesFibonacci"}));
        assert!(json(V2, false).get("log").is_none());
    }

    #[test]
    fn other_formats_are_found_by_their_shape() {
        assert_eq!(json("%7B%22ga%22%3Atrue%7D", false)["services"], json!({"ga": true}));
        assert!(text("consent-eu={\"ga\":false}").contains("service        ga no\n"));
        let unanswered = "eyJkc0lkIjoieCIsImV4cGlyeURhdGUiOm51bGx9";
        assert_eq!(json(unanswered, false)["answered"], json!(false));
        assert!(text(unanswered).contains("member         dsId = \"x\"\n"));
    }

    #[test]
    fn our_own_signature_is_verified_when_asked() {
        let ring = Keyring::new([[1; 32]]).unwrap();
        let signed = format!("{V2}~{}", ring.sign("shop", V2));
        for (site, ours) in [("shop", true), ("blog", false)] {
            let meaning = describe(signed.as_bytes(), None, false, Some((site, &ring))).unwrap();
            assert_eq!(meaning.json["signed_by_us"], json!(ours));
        }
    }

    #[test]
    fn bad_input_is_named_with_its_place() {
        let error = |value: &str, format| describe(value.as_bytes(), format, false, None).err().unwrap();
        assert!(error("hello", None).contains("--format names one"));
        let cut = &V2[..64];
        assert_eq!(error(cut, None), "not a value of format didomi: bit 373: the string ends inside a field");
        assert!(
            error("%7B%22ga%22%3Atru%7D", None).contains("line 1, column 10"),
            "{}",
            error("%7B%22ga%22%3Atru%7D", None)
        );
        assert!(error("eyJ", Some(FormatName::Onetrust)).contains("ERROR_CODE_INVALID_OT_CONSENT_STRING"));
    }
}
