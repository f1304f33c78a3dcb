//! Command-line flags in the form every program of the bench takes: `-name value` or `-name=value`.

use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

pub struct Flags(HashMap<String, String>);

impl Flags {
    /// Parses the process's arguments; a flag that is not in `known` ends the process with code 2.
    pub fn parse(known: &[&str]) -> Flags {
        Flags::from_args(std::env::args().skip(1), known).unwrap_or_else(|problem| {
            eprintln!("{problem}");
            std::process::exit(2)
        })
    }

    fn from_args(mut args: impl Iterator<Item = String>, known: &[&str]) -> Result<Flags, String> {
        let mut values = HashMap::new();
        while let Some(arg) = args.next() {
            let name = arg.trim_start_matches('-');
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name.to_owned(), value.to_owned()),
                None => (
                    name.to_owned(),
                    args.next().ok_or(format!("flag -{name} has no value"))?,
                ),
            };
            if !known.contains(&name.as_str()) {
                return Err(format!("unknown flag -{name}"));
            }
            values.insert(name, value);
        }
        Ok(Flags(values))
    }

    pub fn string(&self, name: &str, default: &str) -> String {
        self.0.get(name).map_or(default, String::as_str).to_owned()
    }

    pub fn number<N: FromStr>(&self, name: &str, default: N) -> N {
        match self.0.get(name) {
            None => default,
            Some(text) => text
                .parse()
                .unwrap_or_else(|_| crate::fail(format!("-{name} {text}: not a number"))),
        }
    }

    pub fn duration(&self, name: &str, default: Duration) -> Duration {
        match self.0.get(name) {
            None => default,
            Some(text) => {
                parse_duration(text).unwrap_or_else(|| crate::fail(format!("-{name} {text}: not a duration")))
            }
        }
    }
}

/// Reads Go's notation of durations, which the runner writes: `0`, `500ms`, `1.5s`, `1m0s`.
fn parse_duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let count: f64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..]
            .find(|c: char| c.is_ascii_digit())
            .map_or(rest.len(), |n| digits + n);
        total += count
            * match &rest[digits..unit] {
                "us" | "µs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    (!text.is_empty()).then(|| Duration::from_secs_f64(total))
}
