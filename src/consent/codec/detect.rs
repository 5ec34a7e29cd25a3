//! Which format a value can be in, by its shape.

use super::sextets::Sextets;
use super::{
    ac, axeptio, borlabs, cc_cookie, commanders, cookiebot, cookieyes, didomi, didomi_token, gpp, iubenda, optanon,
    tarteaucitron, text, us_privacy,
};

/// A format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// A Didomi consent string; with a signature of ours it is our own cookie.
    Didomi,
    /// Didomi's older token.
    DidomiToken,
    /// OneTrust's `otConsentString`.
    OneTrust,
    /// OneTrust's web cookies: `OptanonConsent`, `OptanonAlertBoxClosed`.
    Optanon,
    /// Dastra's service answers.
    Dastra,
    /// The IAB's TC string, and Google's additional consent beside it.
    Tcf,
    /// The IAB's GPP string.
    Gpp,
    /// The IAB's US Privacy string.
    UsPrivacy,
    /// Cookiebot.
    Cookiebot,
    /// CookieYes.
    CookieYes,
    /// Complianz: a cookie for each category.
    Complianz,
    /// Klaro.
    Klaro,
    /// vanilla-cookieconsent.
    CcCookie,
    /// tarteaucitron.
    Tarteaucitron,
    /// Axeptio.
    Axeptio,
    /// iubenda.
    Iubenda,
    /// Borlabs.
    Borlabs,
    /// TrustArc.
    TrustArc,
    /// Commanders Act.
    Commanders,
}

impl Format {
    /// Every format, in the order of their documentation.
    pub const ALL: [Self; 19] = [
        Self::Didomi,
        Self::DidomiToken,
        Self::OneTrust,
        Self::Optanon,
        Self::Dastra,
        Self::Tcf,
        Self::Gpp,
        Self::UsPrivacy,
        Self::Cookiebot,
        Self::CookieYes,
        Self::Complianz,
        Self::Klaro,
        Self::CcCookie,
        Self::Tarteaucitron,
        Self::Axeptio,
        Self::Iubenda,
        Self::Borlabs,
        Self::TrustArc,
        Self::Commanders,
    ];

    /// The name on the command line and in rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Didomi => "didomi",
            Self::DidomiToken => "didomi_token",
            Self::OneTrust => "onetrust",
            Self::Optanon => "optanon",
            Self::Dastra => "dastra",
            Self::Tcf => "tcf",
            Self::Gpp => "gpp",
            Self::UsPrivacy => "us_privacy",
            Self::Cookiebot => "cookiebot",
            Self::CookieYes => "cookieyes",
            Self::Complianz => "complianz",
            Self::Klaro => "klaro",
            Self::CcCookie => "cc_cookie",
            Self::Tarteaucitron => "tarteaucitron",
            Self::Axeptio => "axeptio",
            Self::Iubenda => "iubenda",
            Self::Borlabs => "borlabs",
            Self::TrustArc => "trustarc",
            Self::Commanders => "commanders",
        }
    }

    /// Whether a value has this format's shape. Several formats can share one (Dastra's is Klaro's), and some have none of
    /// their own (Complianz, TrustArc): [`detect`] says which is meant where a cookie's name does not. The format's own
    /// decoder has the last word.
    ///
    /// No allocation; O(length) at most.
    pub fn is_shape(self, value: &[u8]) -> bool {
        match self {
            Self::Didomi => is_dcs(value),
            Self::DidomiToken => didomi_token::is_shape(value),
            // Base64 of `{"`.
            Self::OneTrust => matches!(value, [b'e', b'y', b'I' | b'J', ..]),
            Self::Optanon => optanon::is_shape(value) || optanon::closed(value).is_ok(),
            Self::Dastra | Self::Klaro => text::begins_object(value) && !cookiebot::is_shape(value),
            Self::Tcf => is_tcf(value) || ac::View::read(value).is_ok(),
            // The bits of its type and version.
            Self::Gpp => value.starts_with(b"DB") && gpp::View::read(value).is_ok(),
            Self::UsPrivacy => us_privacy::decode(value).is_ok() || iubenda::us_privacy(value).is_ok(),
            Self::Cookiebot => cookiebot::is_shape(value),
            Self::CookieYes => cookieyes::is_shape(value),
            Self::Complianz | Self::TrustArc => !value.is_empty(),
            Self::CcCookie => cc_cookie::is_shape(value),
            Self::Tarteaucitron => tarteaucitron::is_shape(value),
            Self::Axeptio => axeptio::is_shape(value),
            Self::Iubenda => iubenda::is_shape(value),
            Self::Borlabs => borlabs::is_shape(value),
            Self::Commanders => commanders::is_shape(value),
        }
    }
}

/// The bits a consent string has at least: head and four empty sections.
const SHORTEST_DCS: usize = (206 + 4 * 19) / 6;

/// In the order in which they are tried: the unmistakable first, Dastra's bare object last. Complianz' `allow` and TrustArc's
/// `2:` could be anybody's, and Klaro's cookie is Dastra's.
const TRIED: [Format; 16] = [
    Format::Tcf,
    Format::Gpp,
    Format::Didomi,
    Format::UsPrivacy,
    Format::Cookiebot,
    Format::CcCookie,
    Format::Borlabs,
    Format::Axeptio,
    Format::Iubenda,
    Format::DidomiToken,
    Format::OneTrust,
    Format::Optanon,
    Format::CookieYes,
    Format::Tarteaucitron,
    Format::Commanders,
    Format::Dastra,
];

/// The format whose shape this value has, whatever its cookie is called; `None` where only a name could tell.
///
/// No allocation; O(length) at most.
pub fn detect(value: &[u8]) -> Option<Format> {
    let format = TRIED.into_iter().find(|format| format.is_shape(value))?;
    // Whatever its random bits look like, a string that ends where a consent string must is one.
    Some(if format == Format::Tcf && didomi::scan(value, &mut Unheard).is_ok() { Format::Didomi } else { format })
}

/// Only whether a string can be read matters.
struct Unheard;

impl didomi::Sink for Unheard {
    fn restart(&mut self, _from: usize) {}

    fn run(&mut self, _field: didomi::Field, _first: u16, _last: u16, _enabled: bool) {}

    fn wants(&self, _field: didomi::Field) -> bool {
        false
    }
}

/// Version 1 or 2, and base64url up to the first `.` or `~` for at least as long as the shortest string.
fn is_dcs(value: &[u8]) -> bool {
    let end = memchr::memchr2(b'.', b'~', value).unwrap_or(value.len());
    let sections = value.get(..end).unwrap_or_default();
    matches!(value, [b'B' | b'C', ..]) && sections.len() >= SHORTEST_DCS && super::base64::is_url(sections)
}

/// A TC string begins with `C` like a consent string of version 2, but has dates and a language where that has random
/// bits: of a thousand consent strings about six have both dates between 2008 and 2050, and two letters.
fn is_tcf(value: &[u8]) -> bool {
    const YEAR: u64 = 315_576_000;
    /// As many characters as these fields have.
    const LENGTH: usize = 20;
    let plausible = |date: u64| (38 * YEAR..80 * YEAR).contains(&date);
    let read = || {
        let mut bits = Sextets::new(value.get(..LENGTH)?).ok()?;
        let (version, created, updated) = (bits.read(6)?, bits.read(36)?, bits.read(36)?);
        // The tool, its version and its screen, then two letters.
        let letters = bits.read(42)? & 0xfff;
        let is_language = letters >> 6 < 26 && letters & 63 < 26;
        Some(version == 2 && is_language && plausible(created) && plausible(updated))
    };
    read().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use didomi::{Dcs, Form, Statuses};

    #[test]
    fn a_consent_string_whose_random_bits_look_like_a_tc_string_s_is_none() {
        // Version 2, twice a day of 2020, a tool's numbers, and `AA`.
        let mut id = [0; 16];
        let day = 15_778_368_000_u64;
        let bits = (u128::from(day) << 92 | u128::from(day) << 56) & !(0xfff << 2);
        id.copy_from_slice(&bits.to_be_bytes());
        let none = || Statuses::of([1, 2], [3]);
        let dcs = Dcs {
            form: Form::V2 { regulation: 1, sync: None },
            user_id: id,
            created: day,
            updated: day,
            purposes: none(),
            purposes_li: none(),
            vendors: none(),
            vendors_li: none(),
        };
        let text = didomi::encode(&dcs).unwrap();
        assert!(is_tcf(text.as_bytes()), "not a string that could be taken for another");
        assert_eq!(detect(text.as_bytes()), Some(Format::Didomi));
    }
}
