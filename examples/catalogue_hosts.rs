//! The hosts of the embedded catalogue as an Adblock list (`||host^`, one a line): the oracle of the leak tests.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for host in consentry::policy::ruleset::catalogue_hosts(true)? {
        println!("||{host}^");
    }
    Ok(())
}
