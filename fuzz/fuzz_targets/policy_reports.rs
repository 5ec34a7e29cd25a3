#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::policy::csp::fuzz_violations(data));
