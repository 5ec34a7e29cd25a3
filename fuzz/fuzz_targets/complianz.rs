#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::consent::codec::complianz::fuzz_complianz(data));
