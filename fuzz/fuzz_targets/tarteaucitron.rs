#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::consent::codec::tarteaucitron::fuzz_tarteaucitron(data));
