//! Bodies in the content codings that origins use.

use std::io::{Read, Write};

/// One gzip member.
pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A gzip stream in pieces that can each be decoded when they arrive (sync flush), as streaming servers send it.
pub fn gzip_pieces(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut coded: Vec<Vec<u8>> = Vec::new();
    for piece in pieces {
        encoder.write_all(piece).unwrap();
        encoder.flush().unwrap();
        coded.push(std::mem::take(encoder.get_mut()));
    }
    coded.push(encoder.finish().unwrap());
    coded
}

/// A brotli stream.
pub fn brotli(plain: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
    brotli::BrotliCompress(&mut &*plain, &mut coded, &parameters).unwrap();
    coded
}

/// A zlib stream, which is what `deflate` means.
pub fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A zstd frame.
pub fn zstd(plain: &[u8]) -> Vec<u8> {
    zstd::encode_all(plain, 3).unwrap()
}

/// A zstd frame with a checksum, which encoders may leave out.
pub fn zstd_checked(plain: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// Undoes what `Content-Encoding` names, as far as it has come: `None` for what is not of this coding.
pub fn undone(coding: &str, coded: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    // What is cut yields an error behind all that could be read.
    let end = match coding {
        "gzip" => flate2::read::MultiGzDecoder::new(coded).read_to_end(&mut plain),
        "br" => brotli::Decompressor::new(coded, 4096).read_to_end(&mut plain),
        "zstd" => zstd::stream::read::Decoder::new(coded).unwrap().read_to_end(&mut plain),
        _ => return None,
    };
    match end {
        Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof && plain.is_empty() => None,
        _ => Some(plain),
    }
}

/// Undoes what `Content-Encoding` names, if it came to the coding's own end.
pub fn whole(coding: &str, coded: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let end = match coding {
        "gzip" => flate2::read::GzDecoder::new(coded).read_to_end(&mut plain),
        "br" => brotli::Decompressor::new(coded, 4096).read_to_end(&mut plain),
        "zstd" => zstd::stream::read::Decoder::new(coded).unwrap().read_to_end(&mut plain),
        _ => return None,
    };
    end.ok().filter(|_| !coded.is_empty()).map(|_| plain)
}

/// Undoes gzip.
pub fn gunzip(coded: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(coded).read_to_end(&mut plain).unwrap();
    plain
}
