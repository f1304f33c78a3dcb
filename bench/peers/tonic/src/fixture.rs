//! The messages every stack of the bench sends, byte for byte the same.

use crate::pb::{Payload, User};

/// The user that clients ask for.
pub const ID: i64 = 1;

/// What a user takes on the wire.
pub const USER_BYTES: usize = 112;

pub fn user(id: i64) -> User {
    User {
        id,
        name: "Ada Lovelace".into(),
        email: "ada.lovelace@example.com".into(),
        bio: "Wrote a program before the machine was there.".into(),
        tags: ["math", "engines", "poetry"].map(String::from).into(),
    }
}

pub fn payload(size: usize) -> Payload {
    Payload { data: vec![b'x'; size] }
}
