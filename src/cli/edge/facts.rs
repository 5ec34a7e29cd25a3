//! What is filled in where a template says `{{name}}`.

use super::regex::{Cookies, TOKEN, escape, hosts, others};
use super::standing::Laws;
use super::{CliError, EdgeArgs};
use crate::policy::Site;
use serde_json::json;

/// How a script makes a key; the same in three templates.
const KEY: &str = include_str!("key.js");

/// `Sec-Fetch-Dest` of what is never shown as a page, so that one copy will do for everybody.
const ASSET_DESTS: &str =
    "audio|audioworklet|font|image|manifest|paintworklet|script|serviceworker|sharedworker|style|track|video|worker";

/// The same for clients that do not say.
const ASSET_EXTENSIONS: &str = "avif|css|gif|ico|jpe?g|js|m4s|map|mjs|mp3|mp4|otf|png|svg|ttf|webm|webp|woff2?";

/// Names and texts.
pub(super) struct Facts(Vec<(&'static str, String)>);

impl Facts {
    pub(super) fn of(args: &EdgeArgs, site: &Site) -> Result<Self, CliError> {
        let (host, port) = address(&args.gateway)?;
        if args.region_header.len() > 2 {
            return Err("--region-header: one field for the country, and at most one for its subdivision".into());
        }
        for (flag, value) in [("listen", &args.listen), ("cache", &args.cache)] {
            if !value.chars().all(|c| c.is_ascii_alphanumeric() || "-._:[]/".contains(c)) {
                return Err(format!("--{flag} {value:?}: letters, digits and - . _ : / [ ] only").into());
            }
        }
        let id: String = site.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let laws = Laws::of(site, &args.region_header);
        let mut facts = Self(vec![
            ("key_js", KEY.trim_end().to_owned()),
            ("site", site.name.clone()),
            ("id", id.clone()),
            ("hosts", site.hosts.join(", ")),
            ("server_names", server_names(site)),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("rules", site.version.clone()),
            ("gateway", args.gateway.clone()),
            ("gateway_host", host.to_owned()),
            ("gateway_port", port.to_string()),
            ("listen", args.listen.clone()),
            ("cache", args.cache.clone()),
            ("max_age", site.edge.as_ref().map_or(0, |edge| edge.max_age_seconds).to_string()),
            ("asset_dests", ASSET_DESTS.to_owned()),
            ("asset_extensions", ASSET_EXTENSIONS.to_owned()),
            ("gpc", laws.gpc().to_owned()),
            ("facts_json", script(site, &laws)),
        ]);
        facts.paths(site);
        facts.cookies(site, &id);
        facts.laws(&laws, &id);
        Ok(facts)
    }

    fn paths(&mut self, site: &Site) {
        let prefixes: Vec<&str> = prefixes(site);
        let escaped: Vec<String> = prefixes.iter().map(|prefix| escape(prefix)).collect();
        let location = |prefix: &&str| {
            let id = &self.0.iter().find(|(name, _)| *name == "id").map_or("", |(_, id)| id);
            format!("    location ^~ {prefix} {{\n        proxy_pass http://consentry_{id};\n    }}\n")
        };
        let locations: String = prefixes.iter().map(location).collect();
        self.0.push(("own_locations", locations.trim_end().to_owned()));
        self.0.push(("prefix", site.prefix.clone()));
        self.0.push(("prefixes_regex", format!("(?:{})", escaped.join("|"))));
        self.0.push(("assets_regex", format!("{}a/", escape(&site.prefix))));
    }

    fn cookies(&mut self, site: &Site, id: &str) {
        let Cookies { own, twice, said, others } = Cookies::of(site);
        let group = format!("({TOKEN})");
        self.0.push(("said_regex_named", said.replace(&group, &format!("(?<consentry_token_{id}>{TOKEN})"))));
        self.0.push(("own_regex", own));
        self.0.push(("twice_regex", twice));
        self.0.push(("said_regex", said));
        self.0.push(("others_regex", others));
        self.0.push(("hosts_regex", hosts(site)));
    }

    fn laws(&mut self, laws: &Laws<'_>, id: &str) {
        let (map, variable) = laws.nginx(id);
        self.0.push(("standing_vcl", laws.vcl()));
        self.0.push(("standing_nginx", map));
        self.0.push(("regime_variable", variable));
    }

    /// The template with every name replaced.
    pub(super) fn fill(&self, template: &str) -> String {
        self.0.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
    }
}

/// Ours now, and a former one that is still answered.
fn prefixes(site: &Site) -> Vec<&str> {
    let former = site.former_prefix.as_ref().map(|(prefix, _)| prefix.as_str());
    std::iter::once(site.prefix.as_str()).chain(former.filter(|former| *former != site.prefix)).collect()
}

fn server_names(site: &Site) -> String {
    let name = |host: &String| if host == "*" { "_".to_owned() } else { host.clone() };
    site.hosts.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// What `key.js` works with.
fn script(site: &Site, laws: &Laws<'_>) -> String {
    let facts = json!({
        "consent": site.cookie,
        "companion": site.companion(),
        "others": format!("^{}$", others(site)),
        "prefixes": prefixes(site),
        "assets": format!("{}a/", site.prefix),
        "law": laws.json(),
    });
    serde_json::to_string_pretty(&facts).unwrap_or_default()
}

fn address(text: &str) -> Result<(&str, u16), CliError> {
    let wrong = || format!("--gateway {text:?}: write HOST:PORT, like 127.0.0.1:8080");
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let is_host = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._:[]".contains(c));
    let port = port.parse().ok().filter(|_| is_host).ok_or_else(wrong)?;
    Ok((host, port))
}
