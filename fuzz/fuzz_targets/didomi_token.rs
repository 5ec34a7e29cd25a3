#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::consent::codec::didomi_token::fuzz_didomi_token(data));
