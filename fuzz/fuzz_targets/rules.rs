#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::policy::ruleset::fuzz_rules(data));
