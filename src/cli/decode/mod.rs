//! `consentry decode`: what a consent string or cookie value means, field by field.

mod didomi;
mod iab;
mod meaning;
mod tools;
mod whole;

use super::CliError;
use crate::collect::keys;
use crate::consent::Source;
use crate::consent::codec::signature::Keyring;
use crate::consent::codec::{Format, detect};
use clap::Args;
use meaning::Meaning;
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
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
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
    let output =
        describe(&text, args.format.as_deref(), args.log, signed_for.as_ref().map(|(site, ring)| (*site, ring)))
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
    format: Option<&str>,
    log: bool,
    signed_for: Option<(&str, &Keyring)>,
) -> Result<Meaning, String> {
    let text = text.trim_ascii();
    let (name, value) = pair(text);
    let format = match format {
        Some(name) => named(name)?,
        None => detected(name, value).ok_or_else(|| {
            let known: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
            format!("the value has the shape of no known format; --format names one of own, {}", known.join(", "))
        })?,
    };
    let mut meaning = Meaning::default();
    meaning.add("format", format.name());
    let read = match format {
        Format::Didomi => meaning.didomi(value, log, signed_for),
        Format::OneTrust => meaning.onetrust(value),
        Format::Tcf => meaning.tcf(value),
        Format::Gpp => meaning.gpp(value),
        Format::UsPrivacy => meaning.us_privacy(value),
        Format::Complianz => meaning.complianz(text),
        Format::TrustArc => meaning.trustarc(name, value),
        _ => meaning.named(format, value),
    };
    read.map(|()| meaning).map_err(|error| format!("not a value of format {}: {error}", format.name()))
}

fn named(name: &str) -> Result<Format, String> {
    let name = if name == "own" || name == "dcs" { Format::Didomi.name() } else { name };
    Format::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
        let known: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
        format!("--format {name}: known are own, {}", known.join(", "))
    })
}

/// A cookie's name decides between formats of one shape, and for those that have none; else the shape does.
fn detected(name: &[u8], value: &[u8]) -> Option<Format> {
    let of_name = Format::ALL.into_iter().find(|format| Source::Tool(*format).is_usual_name(name));
    of_name.filter(|format| format.is_shape(value)).or_else(|| detect(value))
}

/// Name and value of a `NAME=VALUE` pair, or no name and the text itself: no format's values begin like a cookie's name and
/// `=` but base64 that ends in `=`, and there nothing follows. OneTrust's web cookie has pairs inside.
fn pair(text: &[u8]) -> (&[u8], &[u8]) {
    let Some((name, value)) = memchr::memchr(b'=', text).and_then(|at| text.split_at_checked(at)) else {
        return (b"", text);
    };
    let is_name = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte));
    let value = value.get(1..).unwrap_or_default();
    let is_pair = is_name && value.iter().any(|byte| *byte != b'=') && !Format::Optanon.is_shape(text);
    if is_pair { (name, value) } else { (b"", text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

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

    /// A cookie of each tool, by its shape or its name: what it is, whether somebody answered, one of its answers.
    #[test]
    fn each_tools_cookie_is_found_and_told() {
        let token = "eyJ1c2VyX2lkIjoieCIsInVwZGF0ZWQiOiIyMDI0LTExLTA0VDA4OjUzOjIyLjUyOFoiLCJwdXJwb3NlcyI6eyJlbmFibGVkIjpbImdlbyJdfX0=";
        for (value, format, answered, line) in [
            ("landingPath=NotLandingPage&groups=C0001%3A1%2CC0004%3A0", "optanon", true, "group          C0004 no"),
            ("landingPath=x&groups=C0001%3A1", "optanon", false, "group          C0001 yes"),
            (
                "{stamp:%27a%27%2Cnecessary:true%2Cmarketing:false%2Cutc:1705162226478}",
                "cookiebot",
                true,
                "updated        2024-01-13T16:10:26.4Z",
            ),
            ("{stamp:%27-1%27%2Cmarketing:true}", "cookiebot", false, "group          marketing yes"),
            ("consentid:YQ,consent:yes,action:yes,analytics:yes", "cookieyes", true, "group          analytics yes"),
            ("cmplz_banner-status=dismissed; cmplz_marketing=deny", "complianz", true, "group          marketing no"),
            ("klaro={\"youtube\":true}", "klaro", true, "service        youtube yes"),
            (
                "{\"categories\":[\"ads\"],\"revision\":3,\"consentTimestamp\":\"2024-11-20T19:02:36.823Z\",\"consentId\":\"x\",\"services\":{},\"lastConsentTimestamp\":\"2024-11-20T19:02:36.823Z\"}",
                "cc_cookie",
                true,
                "revision       3",
            ),
            ("!gtag=true!vimeo=wait", "tarteaucitron", true, "service        vimeo no"),
            ("{\"$$token\":\"x\",\"$$completed\":false,\"fb\":true}", "axeptio", false, "service        fb yes"),
            (
                "{\"timestamp\":\"2025-02-05T15:40:00.391Z\",\"version\":\"1\",\"consent\":false}",
                "iubenda",
                true,
                "others         false",
            ),
            (
                "{\"consents\":{\"marketing\":[\"fb\"]},\"domainPath\":\"a/\",\"expires\":\"Sun, 11 Jan 2026 08:07:14 GMT\"}",
                "borlabs",
                true,
                "expires        2026-01-11T08:07:14Z",
            ),
            ("notice_preferences=1:", "trustarc", true, "group          2 yes"),
            ("0@032@2,3@1@1701350442246@", "commanders", true, "group          3 yes"),
            (token, "didomi_token", true, "group          geo yes"),
        ] {
            let told = text(value);
            assert!(told.lines().any(|found| found == line), "{line:?} is not in:\n{told}");
            let json = json(value, false);
            assert_eq!((&json["format"], &json["answered"]), (&json!(format), &json!(answered)), "{value}");
            assert!(json["value"].is_object(), "{json}");
        }
        assert_eq!(json("OptanonAlertBoxClosed=2021-10-19T03:31:41.236Z", false)["closed"], "2021-10-19T03:31:41.236Z");
    }

    /// The IAB's strings, and Google's: every member that a string holds.
    #[test]
    fn the_iabs_strings_are_found_and_told() {
        let tc = "COwAdDhOwAdDhN4ABAENAPCgAAQAAv___wAAAFP_AAp_4AI6ACACAA";
        let restrictions = json!([{"purpose": 7, "kind": "require_consent", "vendors": "32"}]);
        assert_eq!(json(tc, false)["restrictions"], restrictions);
        assert!(text(tc).contains("cmp_id         888\n"));
        let american = json("DBABLA~CVVVkkkkkpFY.YA", false);
        assert_eq!((&american["section_ids"], &american["sections"]["7"]["Version"]), (&json!([7]), &json!(2)));
        assert_eq!(american["opted_out"]["sale"], json!(true));
        assert_eq!(
            json("1YNN", false),
            json!({"format": "us_privacy", "notice": "Y", "opt_out_sale": "N", "lspa": "N", "applies": true})
        );
        assert_eq!(json("2~89~dv.1", false)["google_vendors_disclosed"], json!([1]));
    }

    #[test]
    fn a_value_that_is_none_of_its_format_is_named_with_its_place() {
        for (format, value, wanted) in [
            ("cookiebot", "{stamp:%27x}", "byte 7: a string without an end"),
            ("cookieyes", "consentid:x,action", "byte 12: a member without a name or a value"),
            ("tarteaucitron", "gtag=true", "byte 0: it does not begin with an exclamation mark"),
            ("iubenda", "{\"timestamp\":5}", "line 1, column 15 of the decoded text"),
            ("commanders", "2@1@2@3@1701350442246@", "byte 0: a status that is neither 0 nor 1"),
            ("trustarc", "1,2", "give it with its name"),
            ("complianz", "a=1", "no cookie cmplz_<category>=allow or =deny"),
            ("tcf", "COwAdDhOwAdDhN4ABAENAPCgAAQAAv___wAAAFP_", "segment 0"),
            ("us_privacy", "1Y", "not `1` and three of"),
        ] {
            let error = describe(value.as_bytes(), Some(format), false, None).err().unwrap();
            assert!(error.starts_with(&format!("not a value of format {format}: {wanted}")), "{error}");
        }
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
        assert!(error("eyJ", Some("onetrust")).contains("ERROR_CODE_INVALID_OT_CONSENT_STRING"));
    }
}
