#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::consent::codec::us_privacy::fuzz_us_privacy(data));
