#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::consent::codec::cookieyes::fuzz_cookieyes(data));
