//! What the bench's tonic server and client share.

pub mod fixture;
pub mod flags;
pub mod load;
pub mod meter;

/// The generated messages and stubs of `curlew.bench.v1`.
pub mod pb {
    tonic::include_proto!("curlew.bench.v1");
}

/// Above the 1 MiB messages of the bench and tonic's default of 4 MiB; the same on both sides of every stack.
pub const MESSAGE_LIMIT: usize = 128 << 20;

/// Says what went wrong on stderr and ends the process: a bench that goes on after a failed call measures nothing.
pub fn fail(what: impl std::fmt::Display) -> ! {
    eprintln!("{what}");
    std::process::exit(1)
}

/// Reads a whole text file, or fails.
pub fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|problem| fail(format!("{path}: {problem}")))
}
