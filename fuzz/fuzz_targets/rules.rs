#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::policy::fuzz_rules(data));
