//! Which keys there are. One function per kind of table; each takes every key it knows and refuses the rest.

use super::error::{Place, RuleError, RuleErrors};
use super::fields::{At, Fields, Pairs, Source, mapped};
use super::{Kind, RuleFile, pattern};
use crate::consent::Deciseconds;
use crate::policy::matcher::{HostPattern, PathPattern};
use crate::policy::service::{Global, GlobalKind, Localized};
use crate::policy::site::{Delivery, FailureAction, FailureReason, OnFailure, Texts};
use toml::de::DeTable;

/// The format that this version reads.
const FORMAT: u32 = 1;

/// A file, read.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) categories: Vec<CategoryRule>,
    pub(crate) services: Vec<ServiceRule>,
    pub(crate) site: Option<SiteRule>,
    /// `numbers.lock`: categories and services by name.
    pub(crate) lock: Option<[Vec<(At<String>, u32)>; 2]>,
}

/// `[[category]]`.
#[derive(Debug)]
pub(crate) struct CategoryRule {
    pub(crate) name: At<String>,
    pub(crate) number: At<u32>,
    pub(crate) aliases: Vec<At<String>>,
    pub(crate) label: Localized,
    pub(crate) description: Localized,
    pub(crate) since: Option<Deciseconds>,
    pub(crate) justification: Option<At<String>>,
}

/// `[[service]]`.
#[derive(Debug)]
pub(crate) struct ServiceRule {
    pub(crate) place: Place,
    pub(crate) slug: At<String>,
    pub(crate) number: At<u32>,
    pub(crate) name: String,
    pub(crate) category: At<String>,
    pub(crate) hosts: Vec<(At<String>, HostPattern)>,
    pub(crate) paths: Vec<(At<String>, PathPattern)>,
    pub(crate) markers: Vec<At<String>>,
    pub(crate) cookies: Vec<String>,
    pub(crate) globals: Vec<Global>,
    pub(crate) since: Option<Deciseconds>,
    pub(crate) purpose: String,
    pub(crate) source: String,
    pub(crate) justification: Option<String>,
}

/// `[[override]]` of a site.
#[derive(Debug)]
pub(crate) struct OverrideRule {
    pub(crate) service: At<String>,
    pub(crate) category: Option<At<String>>,
    pub(crate) enabled: bool,
    pub(crate) since: Option<Deciseconds>,
    pub(crate) justification: Option<String>,
}

/// What others' cookies are called and mean.
#[derive(Debug, Default)]
pub(crate) struct SourceTables {
    pub(crate) didomi_cookies: Option<Vec<At<String>>>,
    pub(crate) didomi_purposes: Pairs,
    pub(crate) didomi_vendors: Pairs,
    pub(crate) onetrust_cookies: Option<Vec<At<String>>>,
    pub(crate) onetrust_groups: Pairs,
    pub(crate) dastra_cookies: Option<Vec<At<String>>>,
    pub(crate) dastra_services: Pairs,
}

/// The rest of a site file.
#[derive(Debug)]
pub(crate) struct SiteRule {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) hosts: Vec<At<String>>,
    pub(crate) origin: Option<String>,
    pub(crate) prefix: Option<At<String>>,
    pub(crate) former_prefix: Option<(String, Deciseconds)>,
    pub(crate) cookie: Option<At<String>>,
    pub(crate) sources: Option<Vec<At<String>>>,
    pub(crate) tables: SourceTables,
    pub(crate) inject: bool,
    pub(crate) delivery: Delivery,
    pub(crate) on_failure: OnFailure,
    pub(crate) lifetime_days: u32,
    pub(crate) reask: Option<Deciseconds>,
    pub(crate) texts: Texts,
    pub(crate) no_transform: bool,
    pub(crate) overrides: Vec<OverrideRule>,
}

impl Document {
    /// Reads a file; all that is wrong in it goes to `errors`.
    pub(crate) fn read(file: &RuleFile, kind: Kind, errors: &mut RuleErrors) -> Self {
        let source = Source::new(&file.path, &file.text);
        let (table, syntax) = DeTable::parse_recoverable(&file.text);
        for error in &syntax {
            let line = error.span().map_or(0, |span| source.line(span.start));
            let place = Place { file: source.file.clone(), line, key: String::new() };
            source.refuse(RuleError::at(&place, "", format!("is no TOML: {}", error.message().trim())));
        }
        let mut document = Self::default();
        if syntax.is_empty() {
            let mut fields = Fields::root(&source, table.into_inner());
            if format(&mut fields) {
                document.read_as(kind, file.stem(), fields);
            }
        }
        errors.0.append(&mut source.errors.borrow_mut());
        document
    }

    fn read_as(&mut self, kind: Kind, name: &str, mut fields: Fields<'_, '_>) {
        if kind == Kind::Lock {
            let mut read = |key| fields.table(key).map(Fields::numbers).unwrap_or_default();
            self.lock = Some([read("categories"), read("services")]);
        } else {
            self.categories = fields.tables("category").into_iter().filter_map(category).collect();
            self.services = fields.tables("service").into_iter().filter_map(service).collect();
        }
        if kind == Kind::Site {
            self.site = Some(site(name, &mut fields));
        }
        fields.finish();
    }
}

/// `format = 1` comes first: whoever reads an older or newer grammar must know before anything else.
fn format(fields: &mut Fields<'_, '_>) -> bool {
    let here = Place { key: "format".to_owned(), ..fields.here() };
    match fields.number("format", 0..=u32::MAX) {
        Some(At { value: FORMAT, .. }) => true,
        Some(At { value, place }) => {
            let problem = format!("unknown format: consentry {} reads format {FORMAT}", env!("CARGO_PKG_VERSION"));
            fields.refuse(RuleError::at(&place, value, problem).hint(newer(value)));
            false
        }
        None => {
            let error = RuleError::at(&here, "", "every rule file begins with its format");
            fields.refuse(error.hint(format!("write format = {FORMAT} as the first line")));
            false
        }
    }
}

/// Which version reads a format that this one does not.
fn newer(format: u32) -> String {
    if format > FORMAT {
        format!("a later version reads format {format}")
    } else {
        format!("no version reads format {format}; the first is {FORMAT}")
    }
}

fn category(mut fields: Fields<'_, '_>) -> Option<CategoryRule> {
    let name = slug(&mut fields, "name", "\"statistics\"");
    let number = fields.number("number", 0..=63);
    let number = fields.required("number", number, "40");
    let aliases = fields.texts("aliases").unwrap_or_default();
    let label = fields.localized("label");
    let description = fields.localized("description");
    let since = fields.date("since").map(|d| d.value);
    let justification = fields.text("justification");
    fields.finish();
    Some(CategoryRule { name: name?, number: number?, aliases, label, description, since, justification })
}

fn service(mut fields: Fields<'_, '_>) -> Option<ServiceRule> {
    let place = fields.here();
    let slug = slug(&mut fields, "slug", "\"meta-pixel\"");
    let number = fields.number("number", 1..=65_535);
    let number = fields.required("number", number, "60000");
    let category = fields.text("category");
    let category = fields.required("category", category, "\"marketing\"");
    let name = fields.text("name").map(|t| t.value);
    let hosts = checked(&mut fields, "hosts", pattern::host);
    let path = |text: &str| PathPattern::parse(text).ok_or("must begin with / or */, a * may end it, printable ASCII");
    let paths = checked(&mut fields, "paths", path);
    let markers = markers(&mut fields);
    let cookie = |text: &str| pattern::is_cookie(text).then_some(()).ok_or("is no cookie name");
    let cookies = checked(&mut fields, "cookies", cookie).into_iter().map(|(t, ())| t.value).collect();
    let globals = checked(&mut fields, "globals", global).into_iter().map(|(_, g)| g).collect();
    let since = fields.date("since").map(|d| d.value);
    let purpose = fields.text("purpose").map(|t| t.value).unwrap_or_default();
    let source = fields.text("source").map(|t| t.value).unwrap_or_default();
    let justification = fields.text("justification").map(|t| t.value);
    fields.finish();
    let (slug, number, category) = (slug?, number?, category?);
    let name = name.unwrap_or_else(|| slug.value.clone());
    Some(ServiceRule {
        place,
        slug,
        number,
        name,
        category,
        hosts,
        paths,
        markers,
        cookies,
        globals,
        since,
        purpose,
        source,
        justification,
    })
}

/// A required name.
fn slug(fields: &mut Fields<'_, '_>, key: &'static str, example: &str) -> Option<At<String>> {
    let text = fields.text(key);
    let text = fields.required(key, text, example)?;
    if !pattern::is_slug(&text.value) {
        let problem = "must be 1 to 64 of a-z, 0-9, - and _";
        fields.refuse(RuleError::at(&text.place, &text.value, problem).hint(format!("like {example}")));
        return None;
    }
    Some(text)
}

/// A list of texts of which each must make sense.
fn checked<T>(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    read: impl Fn(&str) -> Result<T, &'static str>,
) -> Vec<(At<String>, T)> {
    let mut good = Vec::new();
    for text in fields.texts(key).unwrap_or_default() {
        match read(&text.value) {
            Ok(value) => good.push((text, value)),
            Err(problem) => fields.refuse(RuleError::at(&text.place, &text.value, problem)),
        }
    }
    good
}

/// Markers of fewer bytes would hit innocent code.
fn markers(fields: &mut Fields<'_, '_>) -> Vec<At<String>> {
    let long =
        |text: &str| (text.len() >= 6 && text.is_ascii()).then_some(()).ok_or("must be at least 6 ASCII characters");
    checked(fields, "markers", long).into_iter().map(|(text, ())| text).collect()
}

/// `fbq:function`.
fn global(text: &str) -> Result<Global, &'static str> {
    let wrong = "must be a JavaScript name, a colon, and function, array or object";
    let (name, kind) = text.split_once(':').ok_or(wrong)?;
    let kinds = [GlobalKind::Function, GlobalKind::Array, GlobalKind::Object];
    let kind = kinds.into_iter().find(|k| k.name() == kind).ok_or(wrong)?;
    if !pattern::is_identifier(name) {
        return Err(wrong);
    }
    Ok(Global { name: name.to_owned(), kind })
}

fn site(name: &str, fields: &mut Fields<'_, '_>) -> SiteRule {
    let deliveries = [Delivery::PerVisitor, Delivery::Uniform].map(|d| (d.name(), d));
    let hosts = fields.texts("hosts");
    SiteRule {
        name: name.to_owned(),
        place: fields.here(),
        hosts: fields.required("hosts", hosts, "[\"shop.example\"]").unwrap_or_default(),
        origin: fields.text("origin").map(|t| t.value),
        prefix: prefix(fields),
        former_prefix: former_prefix(fields),
        cookie: cookie(fields),
        sources: fields.texts("sources"),
        tables: source_tables(fields),
        inject: fields.flag("inject").is_none_or(|f| f.value),
        delivery: fields.choice("delivery", &deliveries).unwrap_or_default(),
        on_failure: on_failure(fields),
        lifetime_days: fields.number("lifetime_days", 1..=400).map_or(180, |n| n.value),
        reask: fields.date("reask").map(|d| d.value),
        texts: texts(fields),
        no_transform: fields.flag("no_transform").is_some_and(|f| f.value),
        overrides: fields.tables("override").into_iter().filter_map(service_override).collect(),
    }
}

const PREFIX: &str = "must begin and end with a slash, with letters, digits, - _ . ~ in between, like \"/_c/\"";

fn prefix(fields: &mut Fields<'_, '_>) -> Option<At<String>> {
    let text = fields.text("prefix")?;
    if !pattern::is_prefix(&text.value) {
        fields.refuse(RuleError::at(&text.place, &text.value, PREFIX));
        return None;
    }
    Some(text)
}

fn former_prefix(fields: &mut Fields<'_, '_>) -> Option<(String, Deciseconds)> {
    let mut table = fields.table("former_prefix")?;
    let (path, until) = (table.text("path"), table.date("until"));
    let path = table.required("path", path, "\"/_old/\"");
    let until = table.required("until", until, "2026-03-31");
    if let Some(path) = path.as_ref().filter(|p| !pattern::is_prefix(&p.value)) {
        table.refuse(RuleError::at(&path.place, &path.value, PREFIX));
    }
    table.finish();
    Some((path?.value, until?.value))
}

fn cookie(fields: &mut Fields<'_, '_>) -> Option<At<String>> {
    let text = fields.text("cookie")?;
    if !pattern::is_cookie(&text.value) || text.value.contains('*') {
        fields.refuse(RuleError::at(&text.place, &text.value, "is no cookie name").hint("like \"euconsent\""));
        return None;
    }
    Some(text)
}

fn source_tables(fields: &mut Fields<'_, '_>) -> SourceTables {
    let mut tables = SourceTables::default();
    let pairs = |fields: &mut Fields<'_, '_>, key| mapped(fields.table(key).map(Fields::pairs).unwrap_or_default());
    if let Some(mut didomi) = fields.table("didomi") {
        tables.didomi_cookies = didomi.texts("cookies");
        tables.didomi_purposes = pairs(&mut didomi, "purposes");
        tables.didomi_vendors = pairs(&mut didomi, "vendors");
        didomi.finish();
    }
    if let Some(mut onetrust) = fields.table("onetrust") {
        tables.onetrust_cookies = onetrust.texts("cookies");
        tables.onetrust_groups = pairs(&mut onetrust, "groups");
        onetrust.finish();
    }
    if let Some(mut dastra) = fields.table("dastra") {
        tables.dastra_cookies = dastra.texts("cookies");
        tables.dastra_services = pairs(&mut dastra, "services");
        dastra.finish();
    }
    tables
}

fn on_failure(fields: &mut Fields<'_, '_>) -> OnFailure {
    let mut actions = OnFailure::default();
    let Some(mut table) = fields.table("on_failure") else { return actions };
    let words = [FailureAction::Scan, FailureAction::Abort, FailureAction::Pass].map(|a| (a.name(), a));
    for reason in FailureReason::ALL {
        let possible = if reason.can_scan() { words.as_slice() } else { words.get(1..).unwrap_or_default() };
        if let Some(action) = table.choice(reason.name(), possible) {
            actions.set(reason, action);
        }
    }
    table.finish();
    actions
}

/// `[texts.fr]`.
fn texts(fields: &mut Fields<'_, '_>) -> Texts {
    let languages = fields.table("texts").map(Fields::sub_tables).unwrap_or_default();
    let read = |(language, table): (String, Fields<'_, '_>)| {
        let texts = table.pairs().into_iter().map(|(key, text)| (key.value, text.value)).collect();
        (language.to_ascii_lowercase(), texts)
    };
    languages.into_iter().map(read).collect()
}

fn service_override(mut fields: Fields<'_, '_>) -> Option<OverrideRule> {
    let service = slug(&mut fields, "service", "\"meta-pixel\"");
    let category = fields.text("category");
    let enabled = fields.flag("enabled").is_none_or(|f| f.value);
    let since = fields.date("since").map(|d| d.value);
    let justification = fields.text("justification").map(|t| t.value);
    fields.finish();
    Some(OverrideRule { service: service?, category, enabled, since, justification })
}
