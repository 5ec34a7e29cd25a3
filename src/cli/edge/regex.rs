//! Regular expressions (PCRE) over a `Cookie` field: whether and what a visitor answered.

use crate::consent::Source;
use crate::policy::Site;

/// The shape of a companion cookie's token, where only categories were answered for: granted, refused, version.
pub(super) const TOKEN: &str = r"[0-9a-f]{1,16}\.[0-9a-f]{1,16}\.[0-9a-f]{8}";

/// The text as it stands, whatever it holds.
pub(super) fn escape(text: &str) -> String {
    let special =
        |c: char| c.is_ascii_punctuation() && !matches!(c, '_' | '-' | '/' | '"' | '\'' | '%' | '&' | '~' | '`' | '!');
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        if special(c) {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    })
}

/// The expressions of one site.
pub(super) struct Cookies {
    /// One of our two cookies is there.
    pub(super) own: String,
    /// One of them is there twice.
    pub(super) twice: String,
    /// Both are, and the companion has a token, which is `\1`; `said_named` gives it a name.
    pub(super) said: String,
    /// A cookie is there whose bearer is passed on.
    pub(super) others: String,
}

impl Cookies {
    pub(super) fn of(site: &Site) -> Self {
        let consent = escape(&site.cookie);
        let companion = escape(&site.companion());
        let twice = |name: &str| format!(r"(?:^|;)\s*{name}\s*=.*;\s*{name}\s*=");
        Self {
            own: format!(r"(?:^|;)\s*(?:{consent}|{companion})\s*="),
            twice: format!("{}|{}", twice(&consent), twice(&companion)),
            said: format!(r"^(?=(?:.*;)?\s*{consent}\s*=)(?:.*;)?\s*{companion}\s*=\s*({TOKEN})\s*(?:;|$)"),
            others: format!(r"(?:^|;)\s*{}\s*=", others(site)),
        }
    }
}

/// The names of cookies whose bearers are passed on: other tools' answers, and what the site's rules list. A `*` in a rule
/// is any run of characters. What is never true, when there are none.
pub(super) fn others(site: &Site) -> String {
    let tools = site.mapping.sources.iter().filter(|rule| rule.source != Source::Own);
    let own = site.edge.iter().flat_map(|edge| &edge.private_cookies);
    let pattern = |name: &String| name.split('*').map(escape).collect::<Vec<_>>().join("[^=;]*");
    let names: Vec<String> = tools.flat_map(|rule| &rule.cookies).chain(own).map(pattern).collect();
    if names.is_empty() { "(?!)".to_owned() } else { format!("(?:{})", names.join("|")) }
}

/// Hosts as requests name them, with or without a port.
pub(super) fn hosts(site: &Site) -> String {
    let pattern = |host: &String| match host.as_str() {
        "*" => ".*".to_owned(),
        host => host.strip_prefix("*.").map_or_else(|| escape(host), |parent| format!(r".+\.{}", escape(parent))),
    };
    let hosts: Vec<String> = site.hosts.iter().map(pattern).collect();
    format!(r"(?i)^(?:{})\.?(?::[0-9]+)?$", hosts.join("|"))
}
