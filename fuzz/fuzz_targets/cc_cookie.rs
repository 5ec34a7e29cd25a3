#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::consent::codec::cc_cookie::fuzz_cc_cookie(data));
