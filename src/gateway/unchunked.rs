//! The last look at a response's head before it leaves: HTTP/1.0 knows no chunks (pitfalls 22, 109).
//!
//! PINGORA: it frames what an HTTP/2 origin sends without a length in chunks, behind the response filter and whatever the
//! client speaks. Only a module sees the head after that. Without the field the body ends with the connection, which
//! [`super::depart`] has seen to.

use async_trait::async_trait;
use http::{Version, header};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::modules::http::{HttpModule, HttpModuleBuilder, Module};
use pingora::prelude::Result;
use std::any::Any;

/// Makes one for each request: a byte on the heap.
pub(super) struct Builder;

impl HttpModuleBuilder for Builder {
    fn init(&self) -> Module {
        Box::new(Unchunked { knows_no_chunks: false })
    }
}

struct Unchunked {
    knows_no_chunks: bool,
}

#[async_trait]
impl HttpModule for Unchunked {
    async fn request_header_filter(&mut self, request: &mut RequestHeader) -> Result<()> {
        self.knows_no_chunks = request.version == Version::HTTP_10;
        Ok(())
    }

    async fn response_header_filter(&mut self, response: &mut ResponseHeader, _end: bool) -> Result<()> {
        if self.knows_no_chunks {
            response.remove_header(&header::TRANSFER_ENCODING);
        }
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
