//! `[cache]` of `consentry.toml`.

use serde::Deserialize;

/// Memory for what sites that say `cache = true` may keep: answers of their origins, and pages as visitors get them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cache {
    /// How much in all, in MiB; 0 keeps nothing.
    pub megabytes: u32,
    /// The largest body that is kept, in KiB.
    pub largest_kilobytes: u32,
    /// Seconds that requests for one address wait for the first of them to bring it.
    pub wait_seconds: u32,
}

impl Default for Cache {
    fn default() -> Self {
        Self { megabytes: 128, largest_kilobytes: 2_048, wait_seconds: 5 }
    }
}

impl Cache {
    /// The most bytes in all.
    pub fn capacity(&self) -> u64 {
        u64::from(self.megabytes) << 20
    }

    /// The most bytes of one body.
    pub fn largest(&self) -> usize {
        usize::try_from(u64::from(self.largest_kilobytes) << 10).unwrap_or(usize::MAX)
    }
}
