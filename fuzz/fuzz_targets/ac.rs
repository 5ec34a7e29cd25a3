#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::consent::codec::ac::fuzz_ac(data));
