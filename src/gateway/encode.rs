//! The body's last step: a page's bytes in, bytes in the coding that the client takes out.
//!
//! Ours and not pingora's, whose gzip holds a page back until its end and whose choice of coding knows no weights
//! (pitfall 26). What a call is given is decodable from what it gives back: pages that stream go on streaming.

use crate::config::Levels;
use crate::head::coding::Coding;
use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::{self, Write};
use zstd::stream::raw::CParameter;
use zstd::stream::write::Encoder as ZstdEncoder;

/// Windows of 128 kB: most pages fit, and a page in flight takes no megabytes.
const WINDOW_LOG: u32 = 17;

/// One page's encoder.
pub(super) struct Encoder(Kind);

enum Kind {
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Deflate(Box<ZlibEncoder<Vec<u8>>>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Zstd(Box<ZstdEncoder<'static, Vec<u8>>>),
    Ended,
}

impl Encoder {
    /// # Errors
    /// The library has no memory for it.
    pub(super) fn new(coding: Coding, levels: Levels) -> io::Result<Self> {
        Ok(Self(match coding {
            Coding::Gzip => Kind::Gzip(Box::new(GzEncoder::new(Vec::new(), flate2::Compression::new(levels.gzip)))),
            Coding::Deflate => {
                Kind::Deflate(Box::new(ZlibEncoder::new(Vec::new(), flate2::Compression::new(levels.gzip))))
            }
            Coding::Brotli => Kind::Brotli(Box::new(brotli(levels.br))),
            Coding::Zstd => {
                let mut encoder = ZstdEncoder::new(Vec::new(), levels.zstd)?;
                encoder.set_parameter(CParameter::WindowLog(WINDOW_LOG))?;
                Kind::Zstd(Box::new(encoder))
            }
        }))
    }

    /// All that `plain` codes to; nothing for nothing.
    ///
    /// # Errors
    /// The library's; the page must then not go on.
    pub(super) fn encode(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        if plain.is_empty() {
            return Ok(Vec::new());
        }
        let writer: &mut dyn Write = match &mut self.0 {
            Kind::Gzip(writer) => &mut **writer,
            Kind::Deflate(writer) => &mut **writer,
            Kind::Brotli(writer) => &mut **writer,
            Kind::Zstd(writer) => &mut **writer,
            Kind::Ended => return Err(io::ErrorKind::WriteZero.into()),
        };
        writer.write_all(plain)?;
        writer.flush()?;
        Ok(self.take())
    }

    /// The last bytes of the page, and the end of its coding. Nothing more can be encoded.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub(super) fn finish(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        match std::mem::replace(&mut self.0, Kind::Ended) {
            Kind::Gzip(mut writer) => {
                writer.write_all(plain)?;
                writer.finish()
            }
            Kind::Deflate(mut writer) => {
                writer.write_all(plain)?;
                writer.finish()
            }
            Kind::Brotli(mut writer) => {
                writer.write_all(plain)?;
                Ok(writer.into_inner())
            }
            Kind::Zstd(mut writer) => {
                writer.write_all(plain)?;
                writer.finish()
            }
            Kind::Ended => Ok(Vec::new()),
        }
    }

    fn take(&mut self) -> Vec<u8> {
        match &mut self.0 {
            Kind::Gzip(writer) => std::mem::take(writer.get_mut()),
            Kind::Deflate(writer) => std::mem::take(writer.get_mut()),
            Kind::Brotli(writer) => std::mem::take(writer.get_mut()),
            Kind::Zstd(writer) => std::mem::take(writer.get_mut()),
            Kind::Ended => Vec::new(),
        }
    }
}

fn brotli(level: u32) -> CompressorWriter<Vec<u8>> {
    let parameters = BrotliEncoderParams {
        quality: i32::try_from(level).unwrap_or(4),
        lgwin: i32::try_from(WINDOW_LOG).unwrap_or(17),
        ..BrotliEncoderParams::default()
    };
    CompressorWriter::with_params(Vec::new(), 16 * 1024, &parameters)
}
