//! The consent tools' cookies by their format: one door to all their `scan` functions.

use super::answers::{Head, Name};
use super::value_error::ValueError;
use super::{
    Format, axeptio, borlabs, cc_cookie, commanders, cookiebot, cookieyes, didomi_token, iubenda, klaro, optanon,
    tarteaucitron,
};

/// Gives the names of a value with their answers, and says what else it says; `None` for a format that is not one of named
/// answers in one cookie. OneTrust's web cookie is read without the time in the cookie beside it.
///
/// No allocation up to the lengths that the codecs name.
pub fn scan(format: Format, value: &[u8], sink: impl FnMut(Name<'_>, bool)) -> Option<Result<Head, ValueError>> {
    Some(match format {
        Format::Cookiebot => cookiebot::scan(value, sink),
        Format::CookieYes => cookieyes::scan(value, sink),
        Format::CcCookie => cc_cookie::scan(value, sink),
        // Dastra's cookie has the form of Klaro's.
        Format::Dastra | Format::Klaro => klaro::scan(value, sink),
        Format::Tarteaucitron => tarteaucitron::scan(value, sink),
        Format::Axeptio => axeptio::scan(value, sink),
        Format::Iubenda => iubenda::scan(value, sink),
        Format::Borlabs => borlabs::scan(value, sink),
        Format::Commanders => commanders::scan(value, sink),
        Format::DidomiToken => didomi_token::scan(value, sink),
        Format::Optanon => optanon::scan(value, sink).map(|trust| trust.head(None)),
        Format::Didomi
        | Format::OneTrust
        | Format::Tcf
        | Format::Gpp
        | Format::UsPrivacy
        | Format::Complianz
        | Format::TrustArc => return None,
    })
}
