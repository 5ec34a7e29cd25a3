//! `consentry encode`: a consent string or cookie value from JSON, the other way round than `decode`, whose JSON it takes
//! too.

mod didomi;
mod fields;
mod iab;
mod members;
#[cfg(test)]
mod tests;
mod tools;

use super::CliError;
use crate::consent::codec::Format as Codec;
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Map, Value};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `consentry encode`.
#[derive(Debug, Args)]
pub struct EncodeArgs {
    /// The JSON; without it, or for `-`, standard input is read
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The format; by default the one that the JSON of `decode --json` names
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(FORMATS.iter().map(|format| format.name)))]
    format: Option<String>,
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
    /// What `decode --json` printed beside the value, where the JSON is its.
    decoded: Option<&'a Map<String, Value>>,
}

/// A format that can be written. A new one is a line of [`FORMATS`] and a function.
struct Format {
    name: &'static str,
    /// Whose name `decode` prints.
    codec: Codec,
    write: fn(&Value, &Options<'_>) -> Result<String, CliError>,
}

impl Format {
    /// Whether `decode` prints the whole value as members of their own, and not as one called `value`.
    const fn codec_prints_members(&self) -> bool {
        matches!(self.codec, Codec::Tcf | Codec::Gpp | Codec::UsPrivacy)
    }
}

const FORMATS: &[Format] = &[
    Format { name: "dcs", codec: Codec::Didomi, write: didomi::dcs },
    Format { name: "didomi", codec: Codec::Didomi, write: didomi::dcs },
    Format { name: "didomi_token", codec: Codec::DidomiToken, write: members::didomi_token },
    Format { name: "onetrust", codec: Codec::OneTrust, write: didomi::onetrust_string },
    Format { name: "optanon", codec: Codec::Optanon, write: tools::optanon },
    Format { name: "dastra", codec: Codec::Dastra, write: didomi::dastra_cookie },
    Format { name: "tcf", codec: Codec::Tcf, write: iab::tcf },
    Format { name: "ac", codec: Codec::Tcf, write: iab::ac },
    Format { name: "gpp", codec: Codec::Gpp, write: iab::gpp },
    Format { name: "us_privacy", codec: Codec::UsPrivacy, write: iab::us_privacy },
    Format { name: "cookiebot", codec: Codec::Cookiebot, write: tools::cookiebot },
    Format { name: "cookieyes", codec: Codec::CookieYes, write: tools::cookieyes },
    Format { name: "complianz", codec: Codec::Complianz, write: tools::complianz },
    // The same form as Dastra's.
    Format { name: "klaro", codec: Codec::Klaro, write: didomi::dastra_cookie },
    Format { name: "cc_cookie", codec: Codec::CcCookie, write: members::cc_cookie },
    Format { name: "tarteaucitron", codec: Codec::Tarteaucitron, write: tools::tarteaucitron },
    Format { name: "axeptio", codec: Codec::Axeptio, write: members::axeptio },
    Format { name: "iubenda", codec: Codec::Iubenda, write: members::iubenda },
    Format { name: "borlabs", codec: Codec::Borlabs, write: members::borlabs },
    Format { name: "trustarc", codec: Codec::TrustArc, write: tools::trustarc },
    Format { name: "commanders", codec: Codec::Commanders, write: tools::commanders },
];

/// Does what the arguments say.
///
/// # Errors
/// When the JSON is none, is not the format's (with the place, the value there and what would be right), or holds what no
/// value of the format can hold.
pub fn run(args: &EncodeArgs) -> Result<ExitCode, CliError> {
    let json = read_json(args.file.as_deref().filter(|file| *file != Path::new("-")))?;
    let overrides = args.overrides.as_deref().map(|file| read_json(Some(file))).transpose()?;
    let options = Options { version: args.version, overrides: overrides.as_ref(), decoded: None };
    let value = encode(args.format.as_deref(), &json, &options)?;
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

fn encode(format: Option<&str>, json: &Value, options: &Options<'_>) -> Result<String, CliError> {
    let decoded = json.as_object().filter(|object| decoded_format(object).is_some());
    let of_json = decoded.and_then(decoded_format);
    let known = match format {
        Some(name) => FORMATS.iter().find(|known| known.name == name).ok_or("no such format")?,
        None => {
            of_json.ok_or("the JSON does not say its format, as that of `decode --json` does; --format names it")?
        }
    };
    if let Some(of_json) = of_json.filter(|of_json| of_json.codec != known.codec) {
        return Err(format!("format is {}; right would be {}, as --format says", of_json.name, known.name).into());
    }
    if known.codec != Codec::Didomi && (options.version.is_some() || options.overrides.is_some()) {
        return Err(format!("--version and --overrides are for the format dcs; {} has neither", known.name).into());
    }
    let value = match decoded.map(|decoded| decoded.get("value")) {
        Some(None) if !known.codec_prints_members() => {
            return Err("value is missing; right would be what `decode --json` prints there".into());
        }
        Some(Some(value)) => value,
        _ => json,
    };
    (known.write)(value, &Options { decoded, ..*options })
}

/// The format that the JSON of `decode` names; a cookie's own member `format` would be another's.
fn decoded_format(object: &Map<String, Value>) -> Option<&'static Format> {
    let name = object.get("format")?.as_str()?;
    FORMATS.iter().find(|known| known.codec.name() == name)
}
