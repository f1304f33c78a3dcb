//! The measured window: counts, a histogram of round trips, and the two lines the runner reads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// 128 buckets for every power of two: a percentile is off by 0.4 % at most.
const SUB_BITS: u32 = 7;
const BUCKETS: usize = (64 - SUB_BITS as usize + 1) << SUB_BITS;

/// Counts what completes between `begin` and `end`, on any thread.
pub struct Meter {
    open: AtomicBool,
    messages: AtomicU64,
    bytes: AtomicU64,
    round_trips: Vec<AtomicU64>,
}

/// The instant and the process's CPU time at which the window opened.
pub struct Opened {
    at: Instant,
    cpu: Duration,
}

impl Default for Meter {
    fn default() -> Meter {
        Meter {
            open: AtomicBool::new(false),
            messages: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            round_trips: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl Meter {
    /// Counts one message of `bytes`, if the window is open.
    pub fn message(&self, bytes: usize) {
        if self.open.load(Relaxed) {
            self.messages.fetch_add(1, Relaxed);
            self.bytes.fetch_add(bytes as u64, Relaxed);
        }
    }

    /// Counts one round trip that began at `start` and answered `bytes`.
    pub fn round_trip(&self, start: Instant, bytes: usize) {
        if self.open.load(Relaxed) {
            self.messages.fetch_add(1, Relaxed);
            self.bytes.fetch_add(bytes as u64, Relaxed);
            self.round_trips[bucket(start.elapsed().as_nanos() as u64)].fetch_add(1, Relaxed);
        }
    }

    /// Opens the window and says so.
    pub fn begin(&self) -> Opened {
        let opened = Opened {
            at: Instant::now(),
            cpu: cpu_time(),
        };
        self.open.store(true, Relaxed);
        println!(r#"{{"event":"begin"}}"#);
        opened
    }

    /// Closes the window and prints what it saw. A failed call has ended the process by then, so there are no errors.
    pub fn end(&self, opened: Opened) {
        self.open.store(false, Relaxed);
        let seconds = opened.at.elapsed().as_secs_f64();
        let cpu = cpu_time() - opened.cpu;
        println!(
            r#"{{"event":"end","messages":{},"errors":0,"bytes":{},"seconds":{:.6},"cpu_us":{},"p50_us":{:.3},"p99_us":{:.3},"p999_us":{:.3}}}"#,
            self.messages.load(Relaxed),
            self.bytes.load(Relaxed),
            seconds,
            cpu.as_micros(),
            self.percentile_us(0.50),
            self.percentile_us(0.99),
            self.percentile_us(0.999),
        );
    }

    fn percentile_us(&self, share: f64) -> f64 {
        let counts: Vec<u64> = self.round_trips.iter().map(|count| count.load(Relaxed)).collect();
        let total: u64 = counts.iter().sum();
        let rank = ((share * total as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, count) in counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return middle(index) / 1e3;
            }
        }
        0.0
    }
}

fn bucket(nanos: u64) -> usize {
    if nanos < 2 << SUB_BITS {
        return nanos as usize;
    }
    let shift = 63 - nanos.leading_zeros() - SUB_BITS;
    ((shift as usize) << SUB_BITS) + (nanos >> shift) as usize
}

fn middle(index: usize) -> f64 {
    if index < 2 << SUB_BITS {
        return index as f64;
    }
    let shift = (index >> SUB_BITS) - 1;
    let low = ((index - (shift << SUB_BITS)) as u64) << shift;
    low as f64 + (1u64 << shift) as f64 / 2.0
}

/// User and system time of this process.
fn cpu_time() -> Duration {
    // SAFETY: rusage is plain old data, so zeroes are a value of it, and getrusage writes to nothing else.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let of = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    of(usage.ru_utime) + of(usage.ru_stime)
}
