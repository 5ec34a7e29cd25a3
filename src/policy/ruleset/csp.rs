//! Whether a site's `[csp]` can be done as it is written.

use super::compile::Findings;
use crate::policy::csp::{LENGTH_MAX, longest};
use crate::policy::file::{RuleError, SiteRule};
use crate::policy::mode::Mode;
use crate::policy::site::{Delivery, Site};

/// A policy that proxies would refuse is an error; one that nobody gets is said.
pub(super) fn check(rule: &SiteRule, site: &Site, findings: &mut Findings) {
    let Some(csp) = &rule.csp else { return };
    let useless = match (site.delivery, site.mode) {
        (Delivery::Uniform, _) => Some("[csp] has no effect: a page of uniform delivery is everybody's"),
        (_, Mode::Report) => Some("[csp] has no effect: this site only reports"),
        _ => None,
    };
    findings.warnings.extend(useless.map(|problem| RuleError::at(&csp.place, "", problem)));
    let length = longest(site, &csp.value.sources);
    if length > LENGTH_MAX {
        let problem =
            format!("with everything granted the policy is {length} bytes long, and {LENGTH_MAX} is the most");
        let hint = "name in shown the catalogue's services that this site uses, and only those";
        findings.error(RuleError::at(&csp.place, "", problem).hint(hint));
    }
}
