//! Where an answer can be read: our own cookie, or one of the formats that other tools write.

use super::codec::Format;

/// Where the answer was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Source {
    /// No answer was found, or none that may be believed.
    #[default]
    None,
    /// Our own signed cookie (D4).
    Own,
    /// A value of one of the formats.
    Tool(Format),
    /// A tool whose answers only a script in the browser can read: it tells us, and the answer is then in our own cookie.
    Bridge(Bridge),
}

/// A tool whose answers a script reads from its interface in the page: it keeps them where no server can read them, or may do so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bridge {
    /// Usercentrics: localStorage.
    Usercentrics,
    /// Osano: a cookie that only Osano can read.
    Osano,
    /// Didomi's `window.Didomi`.
    Didomi,
    /// OneTrust's `window.OneTrust`.
    OneTrust,
    /// Any tool with the IAB's `__tcfapi`.
    Tcf,
    /// Any tool with the IAB's `__gpp`.
    Gpp,
}

impl Bridge {
    /// Every one.
    pub const ALL: [Self; 6] = [Self::Usercentrics, Self::Osano, Self::Didomi, Self::OneTrust, Self::Tcf, Self::Gpp];

    /// The name in rule files and proofs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usercentrics => "usercentrics",
            Self::Osano => "osano",
            Self::Didomi => "didomi",
            Self::OneTrust => "onetrust",
            Self::Tcf => "tcf",
            Self::Gpp => "gpp",
        }
    }

    /// The format whose names, numbers and table in the rules it shares. The names in the interface of Didomi are those of its older
    /// token.
    pub const fn format(self) -> Option<Format> {
        match self {
            Self::Usercentrics | Self::Osano => None,
            Self::Didomi => Some(Format::DidomiToken),
            Self::OneTrust => Some(Format::OneTrust),
            Self::Tcf => Some(Format::Tcf),
            Self::Gpp => Some(Format::Gpp),
        }
    }
}

/// How a tool's answers for services or vendors stand to those for categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceAnswers {
    /// Services are all it asks about: a category's answer is that of its services, and a service that is not named has no
    /// yes.
    Alone,
    /// The accepted services are listed under each group: where any is, one that is not named has no yes, although its
    /// group has one as soon as a single service was accepted.
    Listed,
    /// A service can have an answer of its own, whatever its category's is.
    Apart,
    /// A service needs its own yes and its category's: only a no is of its own.
    Both,
}

impl Source {
    /// Every source that a site can list, in the order of their documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Own).chain(Format::ALL.into_iter().map(Self::Tool))
    }

    /// The name used in rule files, metrics and proofs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Own => "own",
            Self::Tool(format) => format.name(),
            Self::Bridge(bridge) => bridge.name(),
        }
    }

    /// The names that its cookies have unless a site says otherwise; `*` at the end stands for any ending. None for our own,
    /// whose name is the site's, and for what comes in a header.
    pub const fn cookies(self) -> &'static [&'static str] {
        let Self::Tool(format) = self else { return &[] };
        match format {
            Format::Didomi => &["didomi_dcs"],
            Format::DidomiToken => &["didomi_token"],
            Format::OneTrust => &[],
            Format::Dastra => &["euconsent", "consent-eu"],
            Format::Optanon => &["OptanonConsent", "OptanonAlertBoxClosed"],
            Format::Tcf => &["euconsent-v2", "eupubconsent-v2", "addtl_consent"],
            Format::Gpp => &["__gpp", "__gpp_sid"],
            Format::UsPrivacy => &["usprivacy", "us_privacy"],
            Format::Cookiebot => &["CookieConsent"],
            Format::CookieYes => &["cookieyes-consent"],
            Format::Complianz => &["cmplz_*"],
            Format::Klaro => &["klaro"],
            Format::CcCookie => &["cc_cookie"],
            Format::Tarteaucitron => &["tarteaucitron"],
            Format::Axeptio => &["axeptio_cookies", "axeptio_authorized_vendors", "axeptio_all_vendors"],
            Format::Iubenda => &["_iub_cs-*"],
            Format::Borlabs => &["borlabs-cookie"],
            Format::TrustArc => &["cmapi_cookie_privacy", "notice_gdpr_prefs", "notice_preferences", "notice_behavior"],
            Format::Commanders => &["TC_PRIVACY"],
        }
    }

    /// Whether this name is one of its usual cookies'.
    pub fn is_usual_name(self, name: &[u8]) -> bool {
        self.cookies().iter().any(|pattern| fits(pattern, name))
    }

    /// How its answers for services stand to those for categories.
    pub const fn service_answers(self) -> ServiceAnswers {
        let format = match self {
            Self::Tool(format) => Some(format),
            Self::Bridge(bridge) => bridge.format(),
            Self::None | Self::Own => None,
        };
        let Some(format) = format else { return ServiceAnswers::Apart };
        match format {
            Format::Dastra | Format::Klaro | Format::Tarteaucitron | Format::Axeptio => ServiceAnswers::Alone,
            Format::Borlabs => ServiceAnswers::Listed,
            Format::CcCookie | Format::Complianz => ServiceAnswers::Apart,
            _ => ServiceAnswers::Both,
        }
    }
}

/// Whether a cookie's name fits a name in which a `*` at the end stands for any ending.
pub fn fits(pattern: &str, name: &[u8]) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start.as_bytes()),
        None => name == pattern.as_bytes(),
    }
}
