#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::head::fuzz_cookies(data));
