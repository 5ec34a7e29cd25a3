//! `[compression]` of `consentry.toml`.

use serde::Deserialize;

/// Which rewritten pages leave compressed, and how hard. What is no page leaves as the origin coded it.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Compression {
    /// Which.
    pub pages: CompressedPages,
    /// The effort of each coding; more is smaller and slower.
    pub level: Levels,
}

/// Which rewritten pages leave in a coding that the client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CompressedPages {
    /// Those that came coded from the origin.
    #[default]
    Coded,
    /// All.
    Always,
    /// None: something before the gateway compresses.
    Never,
}

/// The effort of each coding; more is smaller and slower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Levels {
    /// 1 to 9.
    pub gzip: u32,
    /// 0 to 11.
    pub br: u32,
    /// 1 to 19.
    pub zstd: i32,
}

impl Default for Levels {
    /// What servers use for pages that are made anew for each request.
    fn default() -> Self {
        Self { gzip: 5, br: 4, zstd: 3 }
    }
}

impl Compression {
    /// What is wrong, in words for the operator.
    ///
    /// # Errors
    /// The first level that its coding does not have.
    pub(super) fn check(&self) -> Result<(), String> {
        let Levels { gzip, br, zstd } = self.level;
        let within = |name: &str, level: i64, first: i64, last: i64| {
            let fits = (first..=last).contains(&level);
            if fits {
                Ok(())
            } else {
                Err(format!("compression.level.{name} = {level}: {first} to {last} is possible"))
            }
        };
        within("gzip", gzip.into(), 1, 9)?;
        within("br", br.into(), 0, 11)?;
        within("zstd", zstd.into(), 1, 19)
    }
}
