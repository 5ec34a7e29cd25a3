//! `consentry edge`: the configuration of a cache before the gateway, from a site's rules (docs/behind-a-cdn.md).
//!
//! The templates stand beside this file; `facts` says what is filled in. Nothing is read from the network or from
//! consentry.toml: what the rules do not say is a flag.

mod facts;
mod regex;
mod standing;

use super::CliError;
use crate::policy::{Delivery, Mode, RuleSet, Site};
use clap::{Args, ValueEnum};
use facts::Facts;
use http::HeaderName;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Flags of `edge`.
#[derive(Debug, Args)]
pub struct EdgeArgs {
    /// Whose configuration
    #[arg(value_enum)]
    kind: Kind,
    /// Directory of rule files
    #[arg(long, value_name = "DIR", default_value = "rules")]
    rules: PathBuf,
    /// The site, by the name of its file; the only one there when left out
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Where the edge reaches the gateway
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    gateway: String,
    /// A request field in which the edge finds the visitor's country or region, as in region_headers of consentry.toml; a
    /// second one is its subdivision
    #[arg(long, value_name = "FIELD")]
    region_header: Vec<HeaderName>,
    /// Where nginx listens
    #[arg(long, value_name = "PORT|ADDRESS:PORT", default_value = "80")]
    listen: String,
    /// Where nginx keeps pages
    #[arg(long, value_name = "DIR", default_value = "/var/cache/nginx/consentry")]
    cache: String,
}

/// The caches that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Varnish: VCL 4.1
    Varnish,
    /// nginx: a file for its http block
    Nginx,
    /// Fastly: custom VCL
    Fastly,
    /// Cloudflare: a Worker
    Cloudflare,
    /// CloudFront: two Functions, a Lambda@Edge function, and how the behaviour is set
    Cloudfront,
    /// Akamai: an EdgeWorker and rules of a property
    Akamai,
}

impl Kind {
    const fn template(self) -> &'static str {
        match self {
            Self::Varnish => include_str!("varnish.vcl"),
            Self::Nginx => include_str!("nginx.conf"),
            Self::Fastly => include_str!("fastly.vcl"),
            Self::Cloudflare => include_str!("cloudflare.js"),
            Self::Cloudfront => include_str!("cloudfront.js"),
            Self::Akamai => include_str!("akamai.js"),
        }
    }
}

/// Prints it.
///
/// # Errors
/// The rules cannot be used, there is no such site, or an edge could keep none of its pages.
pub fn run(args: &EdgeArgs) -> Result<ExitCode, CliError> {
    let rules = RuleSet::load(&args.rules).map_err(|errors| format!("the rules cannot be used:\n{errors}"))?;
    let site = chosen(&rules, args.site.as_deref())?;
    let configuration = configuration(args, site)?;
    if let Some(warning) = warning(site) {
        eprintln!("{warning}");
    }
    print!("{configuration}");
    Ok(ExitCode::SUCCESS)
}

fn chosen<'r>(rules: &'r RuleSet, name: Option<&str>) -> Result<&'r Arc<Site>, CliError> {
    let names = || rules.sites().iter().map(|site| site.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, rules.sites()) {
        (None, [only]) => Ok(only),
        (None, _) => Err(format!("there are several sites: --site NAME is needed, one of {}", names()).into()),
        (Some(name), sites) => sites
            .iter()
            .find(|site| site.name == name)
            .ok_or_else(|| format!("--site {name}: no such site; there are {}", names()).into()),
    }
}

fn configuration(args: &EdgeArgs, site: &Site) -> Result<String, CliError> {
    if site.delivery == Delivery::Uniform {
        let name = &site.name;
        return Err(format!(
            "site {name} has delivery = \"uniform\": its pages are everybody's, and any cache keeps them as the origin \
             says, by their address and Sec-Fetch-Dest; there is nothing to print"
        )
        .into());
    }
    if site.edge.is_none() {
        let name = &site.name;
        return Err(format!(
            "site {name} keeps its pages to each visitor: write [edge] with shared = true in sites/{name}.toml first"
        )
        .into());
    }
    let facts = Facts::of(args, site)?;
    Ok(facts.fill(args.kind.template()))
}

/// What an operator should know before this is installed; on standard error, as the configuration goes to a file.
fn warning(site: &Site) -> Option<String> {
    (site.mode == Mode::Report).then(|| {
        format!(
            "warning: site {0} only reports (mode = \"report\" in sites/{0}.toml): its pages go through as they come, and the edge keeps \
             none of them for several visitors until that line is gone",
            site.name
        )
    })
}

#[cfg(test)]
mod tests;
