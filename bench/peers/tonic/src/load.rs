//! What keeps calls in flight: each caller holds one unary call or one stream at a time until the load stops.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::flags::Flags;
use crate::meter::Meter;
use crate::pb::bench_client::BenchClient;
use crate::pb::{GetUserRequest, ListRequest};
use crate::{fail, fixture};

type Client = BenchClient<Channel>;

/// What all callers of a run share.
pub struct Load {
    pub mode: String,
    size: usize,
    deadline: Duration,
    pub meter: Meter,
    stopping: AtomicBool,
}

impl Load {
    pub fn new(flags: &Flags) -> Load {
        Load {
            mode: flags.string("mode", "unary"),
            size: flags.number("size", 112),
            deadline: flags.duration("deadline", Duration::ZERO),
            meter: Meter::default(),
            stopping: AtomicBool::new(false),
        }
    }

    /// Makes every caller end its stream or its last call.
    pub fn stop(&self) {
        self.stopping.store(true, Relaxed);
    }

    fn stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if !self.deadline.is_zero() {
            request.set_timeout(self.deadline);
        }
        request
    }
}

/// Makes calls of the load's mode until it stops.
pub async fn keep_calling(load: Arc<Load>, client: Client) {
    let outcome = match load.mode.as_str() {
        "unary" => get_user(&load, client).await,
        "echo" => echo(&load, client).await,
        "list" | "download" => list(&load, client).await,
        "import" | "upload" => import(load.clone(), client).await,
        "chat" => chat(&load, client).await,
        mode => fail(format!("unknown mode {mode}")),
    };
    if let Err(status) = outcome {
        fail(format!("{}: {status}", load.mode));
    }
}

async fn get_user(load: &Load, mut client: Client) -> Result<(), Status> {
    while !load.stopping() {
        let start = Instant::now();
        client
            .get_user(load.request(GetUserRequest { id: fixture::ID }))
            .await?;
        load.meter.round_trip(start, fixture::USER_BYTES);
    }
    Ok(())
}

async fn echo(load: &Load, mut client: Client) -> Result<(), Status> {
    let message = fixture::payload(load.size);
    while !load.stopping() {
        let request = load.request(message.clone());
        let start = Instant::now();
        let answer = client.echo(request).await?;
        load.meter.round_trip(start, answer.get_ref().data.len());
    }
    Ok(())
}

/// Reads one endless stream; dropping it cancels it.
async fn list(load: &Load, mut client: Client) -> Result<(), Status> {
    let request = ListRequest {
        count: 0,
        size: load.size as i32,
    };
    let mut messages = client.list(request).await?.into_inner();
    while !load.stopping() {
        match messages.message().await? {
            Some(message) => load.meter.message(message.data.len()),
            None => return Err(Status::unknown("the server ended the stream")),
        }
    }
    Ok(())
}

/// Writes one stream until the load stops, and checks that the server counted as much.
async fn import(load: Arc<Load>, mut client: Client) -> Result<(), Status> {
    let message = fixture::payload(load.size);
    let sent = Arc::new(AtomicU64::new(0));
    let messages = {
        let (load, sent) = (load.clone(), sent.clone());
        std::iter::from_fn(move || {
            if load.stopping() {
                return None;
            }
            sent.fetch_add(1, Relaxed);
            load.meter.message(load.size);
            Some(message.clone())
        })
    };
    let summary = client.import(tokio_stream::iter(messages)).await?.into_inner();
    let sent = sent.load(Relaxed) as i64;
    if summary.count != sent {
        return Err(Status::data_loss(format!(
            "sent {sent}, the server counted {}",
            summary.count
        )));
    }
    Ok(())
}

/// Plays ping-pong on one stream.
async fn chat(load: &Load, mut client: Client) -> Result<(), Status> {
    let message = fixture::payload(load.size);
    let ended = || Status::unknown("the server ended the stream");
    let (pings, stream) = mpsc::channel(1);
    // The first ping goes before the call: a server may send its headers with its first message only.
    let mut start = Instant::now();
    pings.send(message.clone()).await.map_err(|_| ended())?;
    let mut pongs = client.chat(ReceiverStream::new(stream)).await?.into_inner();
    loop {
        let pong = pongs.message().await?.ok_or_else(ended)?;
        load.meter.round_trip(start, pong.data.len());
        if load.stopping() {
            return Ok(());
        }
        start = Instant::now();
        pings.send(message.clone()).await.map_err(|_| ended())?;
    }
}
