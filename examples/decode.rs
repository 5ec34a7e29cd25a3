//! What a `Cookie` header says on a site, with the core alone (`--no-default-features`): no proxy, no runtime.
//!
//! `cargo run --no-default-features --example decode -- 'cookieyes' 'cookieyes-consent=consentid:x,consent:yes,action:yes,analytics:yes'`
use consentry::consent::Deciseconds;
use consentry::consent::codec::signature::Keyring;
use consentry::consent::reader::{Input, Reader};
use consentry::policy::RuleSet;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (source, header) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let rules = RuleSet::embedded_with(&[source])?;
    let site = rules.site("any.example").ok_or("no site")?;
    let reader = Reader::new(Keyring::new([[0; 32]])?);
    let input = Input { cookies: &[header.as_bytes()], ot_consent_string: None, now: Deciseconds::now() };
    let reading = reader.read(&site.mapping, &input);
    println!("from {}, given {:?}", reading.consent.source.name(), reading.consent.updated.map(Deciseconds::as_secs));
    for category in &site.categories {
        println!("{:<12} {:?}", category.name, reading.consent.category(category.number));
    }
    for (source, reason) in &reading.rejected {
        println!("not believed: {}, {}", source.name(), reason.name());
    }
    Ok(())
}
