//! The bench's tonic client.

use std::sync::Arc;
use std::time::Duration;

use bench_tonic::flags::Flags;
use bench_tonic::load::{self, Load};
use bench_tonic::pb::bench_client::BenchClient;
use bench_tonic::{fail, read, MESSAGE_LIMIT};
use tokio::time::{sleep, timeout};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

const FLAGS: [&str; 9] = [
    "addr", "mode", "conns", "inflight", "size", "warmup", "time", "ca", "deadline",
];

/// Makes one channel, and so one connection, for each of -conns.
async fn connect(flags: &Flags) -> Result<Vec<BenchClient<Channel>>, tonic::transport::Error> {
    let (addr, ca) = (flags.string("addr", ""), flags.string("ca", ""));
    let mut clients = Vec::new();
    for _ in 0..flags.number("conns", 1) {
        let endpoint = if ca.is_empty() {
            Endpoint::from_shared(format!("http://{addr}"))?
        } else {
            let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(&ca)));
            Endpoint::from_shared(format!("https://{addr}"))?.tls_config(tls)?
        };
        clients.push(
            BenchClient::new(endpoint.connect().await?)
                .max_decoding_message_size(MESSAGE_LIMIT)
                .max_encoding_message_size(MESSAGE_LIMIT),
        );
    }
    Ok(clients)
}

// The runtime that tonic's guide uses: as many workers as the process may use cores, which one pinned core makes one.
#[tokio::main]
async fn main() {
    let flags = Flags::parse(&FLAGS);
    let clients = connect(&flags)
        .await
        .unwrap_or_else(|problem| fail(format!("cannot connect: {problem:?}")));
    let load = Arc::new(Load::new(&flags));
    let mut callers = Vec::new();
    for i in 0..flags.number("inflight", 1) {
        callers.push(tokio::spawn(load::keep_calling(
            load.clone(),
            clients[i % clients.len()].clone(),
        )));
    }

    sleep(flags.duration("warmup", Duration::from_millis(500))).await;
    let opened = load.meter.begin();
    sleep(flags.duration("time", Duration::from_secs(2))).await;
    load.meter.end(opened);

    load.stop();
    for caller in callers {
        match timeout(Duration::from_secs(10), caller).await {
            Ok(Ok(())) => {}
            Ok(Err(panic)) => fail(panic),
            Err(_) => fail(format!("{}: a call did not end", load.mode)),
        }
    }
}
