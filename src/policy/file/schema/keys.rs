//! Every key of the grammar, with what an editor shows beside it; `rules/README.md` says the same at length.

use super::Kind::{
    Date, Flag, Localized, Number, Numbers, Pairs, PairsByName, Slug, Table, Tables, Text, Texts, Word, Words,
};
use super::{Key, sources};
use crate::policy::look;

const fn needed(name: &'static str, kind: super::Kind, about: &'static str) -> Key {
    Key { name, is_required: true, kind, about }
}

pub(super) const fn key(name: &'static str, kind: super::Kind, about: &'static str) -> Key {
    Key { name, is_required: false, kind, about }
}

const MODE: super::Kind = Word(&["enforce", "report"]);

const FORMAT: Key = needed("format", Number(1, 1), "The format of this file; the first line.");

pub(super) const CATALOGUE: &[Key] = &[
    FORMAT,
    key("category", Tables(CATEGORY), "What visitors are asked about; numbers 0 to 31."),
    key("service", Tables(SERVICE), "Third parties that all sites know; numbers 1 to 59999."),
    key("list", Tables(LIST), "Filter lists in the syntax of ad blockers."),
    key("thumbnail", Tables(THUMBNAIL), "Where pictures of frames and media are that wait for consent."),
    key("ambiguous_cookies", Texts, "Cookie names of services that a site's own code uses as well: nobody's here."),
];

pub(super) const LOCK: &[Key] = &[
    FORMAT,
    key("categories", Numbers, "Numbers of categories; written by consentry check --write-lock."),
    key("services", Numbers, "Numbers of services; written by consentry check --write-lock."),
];

pub(super) const SITE: &[Key] = &[
    FORMAT,
    needed("hosts", Texts, "Which hosts it answers for: a name, *.name for its sub-domains, * for every other host."),
    key("mode", MODE, "report: nothing is changed here, only counted what would be; default enforce."),
    key("origin", Text, "The name of an origin in consentry.toml; needed when there are several."),
    key("prefix", Text, "Where our own paths are; default /_c/."),
    key("former_prefix", Table(FORMER_PREFIX), "An older prefix that is still answered until a date."),
    key("cookie", Text, "The name of our own cookie; default euconsent."),
    key("sources", Words(sources::NAMES), "Whose answers are read; default own."),
    key("inject", Flag, "Whether guard and widget are put into pages; default true."),
    key("delivery", Word(&["per-visitor", "uniform"]), "Pages by visitor, or one that the browser unlocks."),
    key("lifetime_days", Number(1, 400), "How long an answer holds; default 180."),
    key("reask", Date, "Answers older than this are asked again."),
    key("no_transform", Flag, "Whether an origin's Cache-Control: no-transform is obeyed; default false."),
    key(
        "cache",
        Flag,
        "Whether what the origin lets everybody have is kept here, and pages by variant; default false.",
    ),
    key("unknown", Word(&["allow", "report", "block"]), "What happens to third parties that no rule knows."),
    key("allow_hosts", Texts, "Host rules of third parties that are let through unknown."),
    key("shown", Texts, "The catalogue's services that this site uses: widget, proofs and stubs know these."),
    key("deep_attributes", Flag, "Whether attributes that any tag can have are judged everywhere; default true."),
    key("on_failure", Table(ON_FAILURE), "What happens to a document that cannot be rewritten to its end."),
    key("didomi", Table(sources::NUMBERED), sources::ABOUT),
    key("didomi_token", Table(sources::PURPOSES_AND_VENDORS), sources::ABOUT),
    key("onetrust", Table(sources::GROUPS), sources::ABOUT),
    key("optanon", Table(sources::GROUPS_AND_VENDORS), sources::ABOUT),
    key("dastra", Table(sources::SERVICES), sources::ABOUT),
    key("tcf", Table(sources::TCF), sources::ABOUT),
    key("gpp", Table(sources::NUMBERED), sources::ABOUT),
    key("us_privacy", Table(sources::COOKIES), sources::ABOUT),
    key("cookiebot", Table(sources::GROUPS), sources::ABOUT),
    key("cookieyes", Table(sources::GROUPS), sources::ABOUT),
    key("complianz", Table(sources::REVISED), sources::ABOUT),
    key("klaro", Table(sources::SERVICES), sources::ABOUT),
    key("cc_cookie", Table(sources::REVISED), sources::ABOUT),
    key("tarteaucitron", Table(sources::SERVICES), sources::ABOUT),
    key("axeptio", Table(sources::VENDORS), sources::ABOUT),
    key("iubenda", Table(sources::PURPOSES), sources::ABOUT),
    key("borlabs", Table(sources::GROUPS_AND_SERVICES), sources::ABOUT),
    key("trustarc", Table(sources::GROUPS), sources::ABOUT),
    key("commanders", Table(sources::GROUPS), sources::ABOUT),
    key(
        "bridge",
        Word(&["usercentrics", "osano", "didomi", "onetrust", "tcf", "gpp"]),
        "A tool that asks instead of our widget.",
    ),
    key("usercentrics", Table(sources::BRIDGED), "What its names mean here."),
    key("osano", Table(sources::BRIDGED), "What its names mean here."),
    key("regimes", Table(REGIMES), "Which law applies where regimes.toml does not say."),
    key("texts", PairsByName, "The site's own words in the widget, by language."),
    key("widget", Table(WIDGET), "How the widget looks."),
    key("signals", Table(SIGNALS), "What tags are told that ask for consent signals."),
    key("category", Tables(CATEGORY), "The site's own categories; numbers 32 to 63."),
    key("service", Tables(SERVICE), "The site's own services; numbers 60000 to 65535."),
    key("list", Tables(LIST), "Filter lists in the syntax of ad blockers."),
    key("thumbnail", Tables(THUMBNAIL), "Where pictures of frames and media are that wait for consent."),
    key("override", Tables(OVERRIDE), "Changes to services of the catalogue on this site."),
    key("element", Tables(ELEMENT), "Elements of the site's own that fetch."),
    key("cookies", Table(COOKIES), "What happens to cookies that the origin sets and gets."),
    key("api", Table(API), "Other tools' consent APIs that are answered below the prefix."),
    key("proof", Table(PROOF), "What proofs hold beside the answer."),
    key("edge", Table(EDGE), "Whether a cache before us may share pages between visitors of the same answer."),
    key("csp", Table(CSP), "Whether pages come with a Content-Security-Policy that is made of the visitor's answer."),
    key("markup", Table(MARKUP), "What consent tools' names in the page's markup mean here, by tool."),
];

const COOKIES: &[Key] = &[
    key("unknown", Word(&["allow", "block"]), "What happens to cookies that no rule knows; default allow."),
    key("necessary", Texts, "Cookies that are never touched; * is any run of characters."),
    key("justification", Text, "Why those need no consent; required with them."),
    key("max_age_days", Number(1, 400), "The longest life of any cookie that the origin sets."),
    key("expire", Flag, "Whether a page expires the refused cookies that its request shows; default true."),
    key("clear_site_data", Flag, "Whether a withdrawal clears the browser's storage of the site; default false."),
];

const THUMBNAIL: &[Key] = &[
    needed("frame", Text, "Whose picture it is: host, path and {id} as its last part."),
    needed("picture", Text, "Where the picture is, or a document in oEmbed's JSON that names it: https:// with {id}."),
    key("hosts", Texts, "Where that may lead besides its own host."),
    key(
        "internal",
        Flag,
        "Whether it is in the operator's own network: also http:// and private addresses; default false.",
    ),
];

const WIDGET: &[Key] = &[
    key("layout", Word(&["box", "bar", "centre"]), "The panel's form; default box."),
    key("position", Word(&look::POSITIONS), "Where it stands; default bottom."),
    key("reopen", Word(&look::REOPEN), "Where the button stands that opens the choices again; default start."),
    key("logo", Text, "A picture above the title: a path on the site."),
    key("font", Text, "A list of font families."),
    key("reload", Flag, "Whether a withdrawal loads the page again; default true."),
    key("placeholders", Flag, "Whether frames and media that wait for consent say so; default true."),
    key("thumbnails", Flag, "Whether what waits shows a picture, which the gateway fetches; default false."),
    key("noscript", Flag, "Whether pages say that services are off where no script runs; default false."),
    key("light", Table(COLOURS), "Colours by day."),
    key("dark", Table(COLOURS), "Colours where the browser prefers dark."),
    key("keep_variant", Flag, "Whether the browser keeps which variant it shows for the visit; default true."),
    key("variant", Tables(VARIANT), "Two to four forms of the widget that are compared; shares add up to 100."),
];

pub(super) const VARIANT: &[Key] = &[
    needed("name", Slug, "Its name in proofs and statistics; at most 32 characters."),
    needed("share", Number(1, 99), "The percentage of visitors who see it."),
    key("layout", Word(&["box", "bar", "centre"]), "The panel's form in it; default the widget's."),
    key("position", Word(&look::POSITIONS), "Where it stands; default as the widget."),
    key("logo", Text, "A picture above the title: a path on the site."),
    key("font", Text, "A list of font families."),
    key("light", Table(COLOURS), "Colours of the panel by day; default the widget's."),
    key("dark", Table(COLOURS), "Colours of the panel where the browser prefers dark; default the widget's."),
    key("texts", PairsByName, "Its own words, by language and key; accept and refuse together."),
];

const SIGNALS: &[Key] = &[
    key("google", Flag, "Google's consent mode v2; default: where the site shows a service of Google's that hears it."),
    key("microsoft", Flag, "Microsoft's UET and Clarity; default: where the site shows one of them."),
    key(
        "ads_data_redaction",
        Flag,
        "Whether Google takes identifiers out of ad requests while ads are denied; default true.",
    ),
    key("url_passthrough", Flag, "Whether Google passes click identifiers on in links; default false."),
    key(
        "tags",
        Texts,
        "Google's tags that the gateway puts into pages, or configures where they are pasted: GTM-…, G-…, AW-….",
    ),
    key("types", Table(TYPES), "What each consent type depends on: a category or a service."),
];

const TYPES: &[Key] = &[
    key("ad_storage", Text, "Default marketing."),
    key("ad_user_data", Text, "Default marketing."),
    key("ad_personalization", Text, "Default marketing."),
    key("analytics_storage", Text, "Default statistics."),
    key("functionality_storage", Text, "Default preferences."),
    key("personalization_storage", Text, "Default preferences."),
    key("security_storage", Text, "Default necessary."),
];

const COLOURS: &[Key] = &[
    key("surface", Text, "Behind everything."),
    key("ink", Text, "Text; 4.5:1 on surface."),
    key("quiet", Text, "Secondary text; 4.5:1 on surface."),
    key("line", Text, "Borders."),
    key("button", Text, "Every button alike; 3:1 on surface."),
    key("on_button", Text, "What is written on them; 4.5:1 on button."),
];

const EDGE: &[Key] = &[
    key("shared", Flag, "Whether it may; default false."),
    key("max_age_seconds", Number(1, 86_400), "The longest that it may keep a page; default 300."),
    key("private_cookies", Texts, "Cookies whose bearers get pages of their own; * is any run of characters."),
];

const PROOF: &[Key] = &[
    key(
        "tenant",
        Number(1, i32::MAX.unsigned_abs()),
        "The tenant's number in Dastra's settings and records; default 1.",
    ),
    key("workspace", Number(1, i32::MAX.unsigned_abs()), "The workspace's number in Dastra's records; default 1."),
    key("address", Word(&["none", "truncated", "hashed"]), "What is kept of the visitor's address; default none."),
    key("user_agent", Flag, "Whether the browser's User-Agent is kept; default false."),
];

const API: &[Key] = &[
    key("dastra", Table(API_DASTRA), "Dastra's client API."),
    key("onetrust", Table(API_ONETRUST), "OneTrust's server-side CMP API."),
];

const API_DASTRA: &[Key] = &[
    needed("widget", Number(1, i32::MAX.unsigned_abs()), "The number of the widget."),
    needed("keys", Texts, "Its public keys."),
];

const API_ONETRUST: &[Key] = &[
    needed("apps", Texts, "The ids of the site's apps."),
    key("version", Text, "The version that clients should ask for; another one is answered with a warning."),
];

const CSP: &[Key] = &[
    key("mode", Word(&["off", "report", "enforce"]), "enforce: once the visitor has answered; default off."),
    key("sources", Texts, "What else is let through, as a policy writes it: wss://chat.example:8443."),
];

const MARKUP: &[Key] = &[
    key("axeptio", Table(NAMES), "Vendors."),
    key("borlabs", Table(NAMES), "Script blockers, by id or handle."),
    key("cookiebot", Table(NAMES), "Categories."),
    key("cookieyes", Table(NAMES), "Categories."),
    key("dastra", Table(NAMES), "Services."),
    key("didomi", Table(NAMES), "Purposes."),
    key("didomi_vendor", Table(NAMES), "Vendors."),
    key("iubenda", Table(NAMES), "Purposes, by number."),
    key("klaro", Table(NAMES), "Services."),
    key("onetrust", Table(NAMES), "Groups."),
    key("onetrust_service", Table(NAMES), "Services."),
    key("osano", Table(NAMES), "Categories."),
    key("trustarc", Table(NAMES), "Tracker types."),
    key("usercentrics", Table(NAMES), "Services."),
];

const NAMES: &[Key] = &[key("names", Pairs, "The tool's names: the category or service that each means.")];

const CATEGORY: &[Key] = &[
    needed("name", Slug, "Its name in marks, cookies and the API."),
    needed("number", Number(0, 63), "Unique for ever; it is in visitors' cookies."),
    key("aliases", Texts, "What else pages and tools call it; any case."),
    key("label", Localized, "What the widget calls it."),
    key("description", Localized, "A sentence for the widget."),
    key("since", Date, "An older answer does not cover it."),
    key("justification", Text, "Why it needs no consent; for necessary only."),
    key("sale", Flag, "Whether data is sold or shared in it: what Sec-GPC refuses."),
];

const SERVICE: &[Key] = &[
    needed("slug", Slug, "Its name in marks and the API."),
    key("number", Number(1, 65_535), "Unique for ever; without one its category alone decides."),
    key("name", Text, "The name that people know; default the slug."),
    needed("category", Text, "Who decides about it: a category's name or alias."),
    key("hosts", Texts, "Host rules: analytics.example, =www.example.net/collect, cdn.example.net/*/a.js."),
    key("paths", Texts, "Path rules for any host: /metrics/a.js, /ea*, */ea.js?id=EA-."),
    key("markers", Texts, "What gives its inline code away; at least 6 ASCII characters."),
    key("cookies", Texts, "Cookies that it sets; * is any run of characters."),
    key("max_age_days", Number(1, 400), "The longest life of one of them that the origin sets."),
    key("globals", Texts, "What page code calls: fbq:function, dataLayer:array, config:object."),
    key("mode", MODE, "report: its tags and cookies are left alone, and counted; default enforce."),
    key("common", Flag, "Whether every site shows it that does not say which services it uses."),
    key("since", Date, "An older answer does not cover it."),
    key("purpose", Text, "One line for the widget."),
    key("tcf_vendor", Number(1, 65_535), "Its number in the IAB's list of vendors."),
    key("source", Text, "Where the facts come from."),
    key("justification", Text, "Why it needs no consent; required for necessary."),
];

const LIST: &[Key] = &[
    needed("name", Slug, "What its matches are called in marks."),
    needed("file", Text, "lists/<name>.txt, below the rules directory."),
    needed("category", Text, "Who decides about what it names."),
    key("mode", MODE, "report: its tags and cookies are left alone, and counted; default enforce."),
    key("since", Date, "An older answer does not cover it."),
    key("purpose", Text, "What it is for."),
    key("source", Text, "Where it comes from."),
];

const OVERRIDE: &[Key] = &[
    needed("service", Slug, "The slug of a service or list of the catalogue."),
    key("category", Text, "Another category."),
    key("mode", MODE, "report: its tags and cookies are left alone, and counted; default enforce."),
    key("enabled", Flag, "false: it is not known here, its tags are kept."),
    key("since", Date, "It is asked again from that date."),
    key("justification", Text, "Why it needs no consent; required for necessary."),
    key("max_age_days", Number(1, 400), "The longest life of one of its cookies that the origin sets."),
];

const FORMER_PREFIX: &[Key] =
    &[needed("path", Text, "The older prefix."), needed("until", Date, "Until when it is answered.")];

const ELEMENT: &[Key] = &[
    needed("name", Text, "The element's name."),
    needed("attributes", Texts, "The attributes whose URLs it fetches."),
];

const REGIMES: &[Key] = &[
    key("elsewhere", Text, "The regime of regions that regimes.toml does not name."),
    key("unknown", Text, "The regime of visitors whose region is not known."),
];

pub(super) const ALL_REGIMES: &[Key] = &[FORMAT, key("regime", Tables(REGIME), "A law, and where it applies.")];

const REGIME: &[Key] = &[
    needed("name", Slug, "Its name in sites and proofs."),
    needed("silence", Word(&["opt-in", "opt-out", "none"]), "What silence means."),
    key("regions", Texts, "ISO 3166 codes: FR, US-CA."),
    key("gpc", Flag, "Whether Sec-GPC refuses what is sold; default true."),
    key(
        "gpc_refuses",
        Word(&["sale", "all"]),
        "What it refuses: what is sold, or everything that is asked about; default sale.",
    ),
    key("explicit_beats_gpc", Flag, "Whether a yes given to the site counts against the signal; default true."),
];

const SCAN: super::Kind = Word(&["scan", "abort", "pass"]);
const ABORT: super::Kind = Word(&["abort", "pass"]);

const ON_FAILURE: &[Key] = &[
    key("bad_encoding", ABORT, "A content coding that cannot be undone."),
    key("bad_charset", ABORT, "A character set that cannot be read."),
    key("xhtml", ABORT, "XHTML."),
    key("decode", ABORT, "A corrupt or truncated coded body."),
    key("ambiguity", SCAN, "The parser cannot tell how it goes on."),
    key("desync", SCAN, "The scan and a browser's parser may have parted."),
    key("memory", SCAN, "The parser's memory limit."),
    key("handler", SCAN, "A handler failed."),
    key("cap", SCAN, "A tag in what is scanned of more than 64 kB; `abort` where nothing is said."),
];
