//! Google's tags that the rules name, in a page: they stand there where the site pastes them, and nobody configures them but us.

use super::live::Found;
use crate::policy::Site;

/// Looks for the ids in the page.
pub(super) fn look(html: &str, site: &Site, found: &mut Found) {
    for (id, _) in &site.signals.tags {
        if !site.inject {
            let stands = html.contains(id.as_str());
            found.note(
                stands,
                if stands { format!("{id} stands in the page") } else { format!("{id} is not in the page") },
            );
        }
        if configures(html, id) {
            found.note(
                false,
                format!(
                    "the page itself calls gtag('config', '{id}'): leave that to the widget, which waits for consent"
                ),
            );
        }
    }
}

/// Whether a script says `'config', '<id>'`, whatever its quotes and spaces.
fn configures(html: &str, id: &str) -> bool {
    let is_quote = |c: char| matches!(c, '\'' | '"' | '`');
    html.split("config").skip(1).any(|rest| {
        let rest = rest.strip_prefix(is_quote).map(str::trim_start).and_then(|rest| rest.strip_prefix(','));
        let named = rest.map(str::trim_start).and_then(|rest| rest.strip_prefix(is_quote));
        named.is_some_and(|rest| rest.strip_prefix(id).is_some_and(|end| end.starts_with(is_quote)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_known_by_its_words() {
        for call in ["gtag('config','G-A123')", "gtag(\"config\" , \"G-A123\", {})", "gtag(`config`,\n`G-A123`)"] {
            assert!(configures(call, "G-A123"), "{call}");
        }
        for other in ["gtag('config', 'G-A1234')", "config G-A123", "'config'", "", "gtag('event', 'G-A123')"] {
            assert!(!configures(other, "G-A123"), "{other}");
        }
    }
}
