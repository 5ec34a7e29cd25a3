//! What law and browser say beside the visitor, as each configuration works it out: the part of a key behind the token.

use crate::policy::Site;
use crate::policy::edge::Standings;
use http::HeaderName;
use std::collections::BTreeMap;
use std::fmt::Write;

const REGION: &str = "The law, by the region. Whoever sets this field must overwrite what a visitor sends.";

/// A site's laws by region.
pub(super) struct Laws<'s> {
    /// Regimes with the codes of the subdivisions they hold in: asked first.
    subdivisions: BTreeMap<&'s str, Vec<String>>,
    /// The same with countries.
    countries: BTreeMap<&'s str, Vec<String>>,
    elsewhere: &'s str,
    unknown: &'s str,
    /// The request fields that say where: none, one, or two.
    fields: &'s [HeaderName],
    /// What pages depend on.
    standings: Standings,
}

impl<'s> Laws<'s> {
    pub(super) fn of(site: &'s Site, fields: &'s [HeaderName]) -> Self {
        let regimes = &site.regimes;
        let name = |at: usize| regimes.all.get(at).map_or("strict", |regime| &*regime.name);
        let (mut subdivisions, mut countries) = (BTreeMap::new(), BTreeMap::new());
        for (region, at) in regimes.regions.iter() {
            let part = if region.country() == *region { &mut countries } else { &mut subdivisions };
            part.entry(name(*at)).or_insert_with(Vec::new).push(region.to_string());
        }
        for codes in subdivisions.values_mut().chain(countries.values_mut()) {
            codes.sort();
        }
        let (elsewhere, unknown) = (name(regimes.elsewhere), name(regimes.unknown));
        Self { subdivisions, countries, elsewhere, unknown, fields, standings: Standings::of(site) }
    }

    /// `+gpc` where `Sec-GPC` makes a difference.
    pub(super) const fn gpc(&self) -> &'static str {
        if self.standings.by_gpc { "+gpc" } else { "" }
    }

    /// The suffix that is the same for everybody, if it is.
    fn constant(&self) -> Option<String> {
        match (self.standings.by_regime, self.fields.is_empty()) {
            (false, _) => Some(String::new()),
            (true, true) => Some(format!("~{}", self.unknown)),
            (true, false) => None,
        }
    }

    /// Expressions and regimes, the first that fits counts; what fits none is a region that nobody knows. `between` stands
    /// before a subdivision, `behind` at the end.
    fn patterns(&self, between: &str, behind: &str) -> Vec<(String, &'s str)> {
        let subdivision = format!("(?:{between}[A-Z0-9]{{1,3}})?{behind}$");
        let exact = |(regime, codes): (&&'s str, &Vec<String>)| {
            (format!("^(?:{}){behind}$", codes.join("|").replace('-', between)), *regime)
        };
        let whole =
            |(regime, codes): (&&'s str, &Vec<String>)| (format!("^(?:{}){subdivision}", codes.join("|")), *regime);
        let nowhere = [("^(?:XX|ZZ)".to_owned(), self.unknown)];
        let any = [(format!("^[A-Z]{{2}}{subdivision}"), self.elsewhere)];
        let named = self.subdivisions.iter().map(exact).chain(self.countries.iter().map(whole));
        nowhere.into_iter().chain(named).chain(any).collect()
    }

    /// The end of `sub consentry_variant`, Varnish's (`std.toupper`) and Fastly's.
    pub(super) fn vcl(&self) -> String {
        let mut text = String::new();
        let append =
            |suffix: &str| format!("set req.http.Consentry-Variant = req.http.Consentry-Variant + {{\"{suffix}\"}};");
        match self.constant() {
            Some(suffix) if suffix.is_empty() => {}
            Some(suffix) => {
                let _ = writeln!(text, "    # Where a visitor is, nobody says.\n    {}", append(&suffix));
            }
            None => self.vcl_regime(&mut text, append),
        }
        if self.standings.by_gpc {
            let _ = writeln!(text, "    if (req.http.Sec-GPC == \"1\") {{\n        {}\n    }}", append(self.gpc()));
        }
        text
    }

    fn vcl_regime(&self, text: &mut String, append: impl Fn(&str) -> String) {
        let field = "req.http.Consentry-Regime";
        let names: Vec<String> = self.fields.iter().map(|name| format!("req.http.{name}")).collect();
        // Writing to a String does not fail.
        let _ = writeln!(text, "    # {REGION}");
        if let Some(first) = names.first() {
            let _ = writeln!(text, "    set {field} = regsub(std.toupper({first}), \"_\", \"-\");");
        }
        if let Some(second) = names.get(1) {
            let is_code = format!("{field} ~ \"^[A-Z][A-Z]$\" && {second} ~ \"^[A-Za-z0-9]{{1,3}}$\"");
            let _ = writeln!(text, "    if ({is_code}) {{");
            let _ = writeln!(text, "        set {field} = {field} + \"-\" + std.toupper({second});\n    }}");
        }
        let mut word = "if";
        for (pattern, regime) in self.patterns("-", "") {
            let suffix = append(&format!("~{regime}"));
            let _ = writeln!(text, "    {word} ({field} ~ {{\"{pattern}\"}}) {{\n        {suffix}");
            word = "} else if";
        }
        let suffix = append(&format!("~{}", self.unknown));
        let _ = writeln!(text, "    }} else {{\n        {suffix}\n    }}\n    unset {field};");
    }

    /// nginx' map, if there is one, and what stands in the key.
    pub(super) fn nginx(&self, id: &str) -> (String, String) {
        if let Some(suffix) = self.constant() {
            return ("# Where a visitor is makes no difference, or nobody says.".to_owned(), suffix);
        }
        let variable = |name: &HeaderName| format!("$http_{}", name.as_str().replace('-', "_"));
        let variables: Vec<String> = self.fields.iter().map(variable).collect();
        let unknown = self.unknown;
        let mut text = format!("# {REGION}\nmap \"{}\" $consentry_regime_{id} {{\n", variables.join("-"));
        let _ = writeln!(text, "    default \"~{unknown}\";");
        // The second field may be missing.
        for (pattern, regime) in self.patterns("[-_]", if variables.len() > 1 { "-?" } else { "" }) {
            let _ = writeln!(text, "    \"~*{pattern}\" \"~{regime}\";");
        }
        text.push('}');
        (text, format!("$consentry_regime_{id}"))
    }

    /// For scripts: regimes by code, and what else the key needs.
    pub(super) fn json(&self) -> serde_json::Value {
        let mut regions = serde_json::Map::new();
        for (regime, codes) in self.subdivisions.iter().chain(&self.countries) {
            regions.extend(codes.iter().map(|code| (code.clone(), serde_json::Value::from(*regime))));
        }
        let fields: Vec<&str> = self.fields.iter().map(HeaderName::as_str).collect();
        let suffix = self.constant();
        let regions = if suffix.is_some() { serde_json::Map::new() } else { regions };
        serde_json::json!({
            "fields": fields, "same": suffix, "regions": regions, "elsewhere": self.elsewhere, "unknown": self.unknown,
            "gpc": self.gpc(),
        })
    }
}
