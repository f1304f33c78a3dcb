//! The bench's tonic server.

use std::pin::Pin;

use bench_tonic::flags::Flags;
use bench_tonic::pb::bench_server::{Bench, BenchServer};
use bench_tonic::pb::{GetUserRequest, ListRequest, Payload, Summary, User};
use bench_tonic::{fixture, read, MESSAGE_LIMIT};
use tokio_stream::Stream;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

struct Service;

type Payloads = Pin<Box<dyn Stream<Item = Result<Payload, Status>> + Send>>;

#[tonic::async_trait]
impl Bench for Service {
    type ListStream = Payloads;
    type ChatStream = Payloads;

    async fn get_user(&self, request: Request<GetUserRequest>) -> Result<Response<User>, Status> {
        Ok(Response::new(fixture::user(request.get_ref().id)))
    }

    async fn list(&self, request: Request<ListRequest>) -> Result<Response<Payloads>, Status> {
        let ListRequest { count, size } = request.into_inner();
        let endless = std::iter::repeat(fixture::payload(size as usize)).map(Ok);
        Ok(Response::new(match count {
            0 => Box::pin(tokio_stream::iter(endless)),
            _ => Box::pin(tokio_stream::iter(endless.take(count as usize))),
        }))
    }

    async fn import(&self, request: Request<Streaming<Payload>>) -> Result<Response<Summary>, Status> {
        let mut messages = request.into_inner();
        let mut summary = Summary::default();
        while let Some(message) = messages.message().await? {
            summary.count += 1;
            summary.bytes += message.data.len() as i64;
        }
        Ok(Response::new(summary))
    }

    async fn chat(&self, request: Request<Streaming<Payload>>) -> Result<Response<Payloads>, Status> {
        Ok(Response::new(Box::pin(request.into_inner())))
    }

    async fn echo(&self, request: Request<Payload>) -> Result<Response<Payload>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}

// The runtime that tonic's guide uses: as many workers as the process may use cores, which one pinned core makes one.
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let flags = Flags::parse(&["addr", "cert", "key"]);
    let mut server = Server::builder();
    let cert = flags.string("cert", "");
    if !cert.is_empty() {
        let identity = Identity::from_pem(read(&cert), read(&flags.string("key", "")));
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
    }
    let service = BenchServer::new(Service)
        .max_decoding_message_size(MESSAGE_LIMIT)
        .max_encoding_message_size(MESSAGE_LIMIT);
    server
        .add_service(service)
        .serve(flags.string("addr", "").parse()?)
        .await?;
    Ok(())
}
