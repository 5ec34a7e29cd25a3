//! `consentry encode`: a consent string or cookie value from JSON, the other way round than `decode`.

use super::CliError;
use crate::consent::codec::didomi::object::{self, Version};
use crate::consent::codec::didomi::{self, Algorithms};
use crate::consent::codec::place::Place;
use crate::consent::codec::{dastra, onetrust};
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::Value;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `consentry encode`.
#[derive(Debug, Args)]
pub struct EncodeArgs {
    /// The JSON; without it, or for `-`, standard input is read
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The format
    #[arg(long, value_parser = PossibleValuesParser::new(FORMATS.iter().map(|format| format.name)))]
    format: String,
    /// The version of the format (dcs: 1 or 2, by default 2)
    #[arg(long, value_name = "NUMBER")]
    version: Option<u8>,
    /// schemaOverrides as JSON: the algorithms that each field may be written in (dcs)
    #[arg(long, value_name = "FILE")]
    overrides: Option<PathBuf>,
}

/// What a format is told beside its JSON.
#[derive(Debug, Clone, Copy)]
struct Options<'a> {
    version: Option<u8>,
    overrides: Option<&'a Value>,
}

/// A format that can be written. A new one is a line of [`FORMATS`] and a function.
struct Format {
    name: &'static str,
    write: fn(&Value, &Options<'_>) -> Result<String, CliError>,
    /// Whether it has versions and overrides.
    versions: bool,
}

const FORMATS: &[Format] = &[
    Format { name: "dcs", write: dcs, versions: true },
    Format { name: "onetrust", write: onetrust_string, versions: false },
    Format { name: "dastra", write: dastra_cookie, versions: false },
    // The same form.
    Format { name: "klaro", write: dastra_cookie, versions: false },
];

/// Does what the arguments say.
///
/// # Errors
/// When the JSON is none, is not the format's (with the place, the value there and what would be right), or holds what no
/// value of the format can hold.
pub fn run(args: &EncodeArgs) -> Result<ExitCode, CliError> {
    let json = read_json(args.file.as_deref().filter(|file| *file != Path::new("-")))?;
    let overrides = args.overrides.as_deref().map(|file| read_json(Some(file))).transpose()?;
    let value = encode(&args.format, &json, &Options { version: args.version, overrides: overrides.as_ref() })?;
    match writeln!(io::stdout().lock(), "{value}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn read_json(file: Option<&Path>) -> Result<Value, CliError> {
    let name = file.map_or_else(|| "standard input".to_owned(), |file| file.display().to_string());
    let text = match file {
        Some(file) => std::fs::read_to_string(file),
        None => {
            let mut text = String::new();
            io::stdin().lock().read_to_string(&mut text).map(|_| text)
        }
    };
    let text = text.map_err(|error| format!("{name} cannot be read: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{name} is not JSON: {error}").into())
}

fn encode(format: &str, json: &Value, options: &Options<'_>) -> Result<String, CliError> {
    let known = FORMATS.iter().find(|known| known.name == format).ok_or("no such format")?;
    if !known.versions && (options.version.is_some() || options.overrides.is_some()) {
        return Err(format!("--version and --overrides are for the format dcs; {format} has neither").into());
    }
    (known.write)(json, options)
}

/// From the format's own status object.
fn dcs(json: &Value, options: &Options<'_>) -> Result<String, CliError> {
    let version = match options.version {
        Some(1) => Version::One,
        None | Some(2) => Version::Two,
        Some(other) => return Err(format!("--version is {other}; right would be 1 or 2").into()),
    };
    let algorithms = match options.overrides {
        Some(overrides) => Algorithms::from_json(overrides).map_err(|error| format!("overrides: {error}"))?,
        None => Algorithms::ALL,
    };
    Ok(didomi::encode_with(&object::from_json(json, version)?, &algorithms)?)
}

/// From the object that the string holds.
fn onetrust_string(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    let members =
        Place::new(json).members("an object, as {\"lastConsentDate\": 1700000000000, \"groupConsents\": {}}")?;
    let mut value = onetrust::OtConsentString::default();
    for (name, place) in members {
        let member = match name {
            "groupConsents" => {
                let groups = place.members("an object of groups and 0 or 1, as {\"C0002\": 1}")?;
                let status = |status: &Value| status.as_i64().filter(|status| matches!(status, 0 | 1));
                let groups =
                    groups.iter().map(|(group, place)| Ok(((*group).to_owned(), place.read("0 or 1", status)?)));
                onetrust::Member::Groups(groups.collect::<Result<_, CliError>>()?)
            }
            "lastConsentDate" => onetrust::Member::Other(place.read("milliseconds since 1970", Value::as_u64)?.into()),
            _ => onetrust::Member::Other(place.read("a value", |value| Some(value.clone()))?),
        };
        value.set(name, member);
    }
    let text = onetrust::encode(&value)?;
    // What a reader refuses is not written.
    onetrust::decode(text.as_bytes())?;
    Ok(text)
}

/// From service slugs and booleans.
fn dastra_cookie(json: &Value, _: &Options<'_>) -> Result<String, CliError> {
    let services = Place::new(json).members("an object of service slugs and booleans, as {\"crisp\": true}")?;
    let answers =
        services.iter().map(|(slug, place)| Ok(((*slug).to_owned(), place.read("true or false", Value::as_bool)?)));
    let answers = answers.collect::<Result<Vec<_>, CliError>>()?;
    let text = dastra::encode(&dastra::Dastra::new(answers));
    dastra::decode(text.as_bytes())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(format: &str, json: &Value) -> Result<String, String> {
        encode(format, json, &Options { version: None, overrides: None }).map_err(|error| error.to_string())
    }

    #[test]
    fn each_format_of_the_table_is_written() {
        let status = json!({"userId": "1875afe1-461b-6b9f-9d66-700174abbffc", "created": "2023-04-12T18:10:00Z",
            "updated": "2023-04-12T18:10:00Z", "regulationId": 10, "purposes": {"optin": {"enabled": [1]}}});
        assert!(of("dcs", &status).unwrap().starts_with("CGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsAAK"));
        let groups = json!({"lastConsentDate": 5, "groupConsents": {"C0002": 1}});
        let value = of("onetrust", &groups).unwrap();
        assert_eq!(serde_json::to_value(onetrust::decode(value.as_bytes()).unwrap()).unwrap(), groups);
        assert_eq!(of("dastra", &json!({"crisp": true})).unwrap(), "%7B%22crisp%22%3Atrue%7D");
    }

    #[test]
    fn versions_and_overrides_are_for_the_format_that_has_them() {
        let status = json!({"userId": "1875afe1-461b-6b9f-9d66-700174abbffc", "created": "2023-04-12T18:10:00Z",
            "updated": "2023-04-12T18:10:00Z", "vendors": {"optin": {"enabled": [5]}}});
        let overrides = json!({"fields": {"vendors_optin": {"variants": ["ranges_u16"]}}});
        let one = Options { version: Some(1), overrides: Some(&overrides) };
        let (_, log) = didomi::decode_logged(encode("dcs", &status, &one).unwrap().as_bytes()).unwrap();
        assert_eq!(log.iter().find(|entry| entry.key == "vendors_optin").unwrap().encoder.name(), "rangesU16");
        let error = |format, options: &Options<'_>| encode(format, &status, options).unwrap_err().to_string();
        assert!(error("dastra", &one).contains("are for the format dcs"));
        assert_eq!(error("dcs", &Options { version: Some(3), ..one }), "--version is 3; right would be 1 or 2");
        assert!(
            error("dcs", &Options { overrides: Some(&json!({"fields": []})), ..one })
                .starts_with("overrides: fields is []")
        );
    }

    #[test]
    fn errors_name_the_place_the_value_and_what_would_be_right() {
        for (format, value, wanted) in [
            (
                "onetrust",
                json!({"lastConsentDate": 5, "groupConsents": {"C1": true}}),
                "groupConsents.C1 is true; right would be 0 or 1",
            ),
            (
                "onetrust",
                json!({"lastConsentDate": "5"}),
                "lastConsentDate is \"5\"; right would be milliseconds since 1970",
            ),
            ("onetrust", json!({"groupConsents": {}}), "groupConsents without a lastConsentDate"),
            ("dastra", json!({"crisp": 1}), "crisp is 1; right would be true or false"),
            (
                "dastra",
                json!([]),
                "the text is []; right would be an object of service slugs and booleans, as {\"crisp\": true}",
            ),
        ] {
            assert_eq!(of(format, &value).unwrap_err(), wanted);
        }
    }
}
