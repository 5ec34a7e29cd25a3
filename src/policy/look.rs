//! How the widget looks on a site: where it stands, its colours, what is in it. A site can change all colours and no single
//! button's: accepting and refusing look the same whatever the rules say.

use std::collections::BTreeMap;
use std::fmt::Write;

/// The form of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// A box at an edge of the window.
    #[default]
    Box,
    /// As wide as the window.
    Bar,
    /// In the middle of the window. The page behind it can be read and used.
    Centre,
}

impl Layout {
    /// All of them, the usual one first.
    pub const ALL: [Self; 3] = [Self::Box, Self::Bar, Self::Centre];

    /// The word in rule files, and the panel's class.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Bar => "bar",
            Self::Centre => "centre",
        }
    }
}

/// Where panels stand: the words in rule files, and the panel's class. `start` is where a line of text begins.
pub const POSITIONS: [&str; 6] = ["bottom", "top", "bottom-start", "bottom-end", "top-start", "top-end"];

/// Where the button stands that opens the choices again.
pub const REOPEN: [&str; 3] = ["start", "end", "none"];

/// One colour, as red, green and blue.
pub type Colour = [u8; 3];

/// What has a colour of its own: the name in rule files, and the colour by day and by night where no rule says another.
/// The same as in `widget/dock.css`: a test compares.
pub const COLOURS: [(&str, Colour, Colour); 6] = [
    ("surface", [0xff, 0xff, 0xff], [0x1b, 0x1f, 0x24]),
    ("ink", [0x1c, 0x20, 0x24], [0xf1, 0xf3, 0xf5]),
    ("quiet", [0x4d, 0x56, 0x60], [0xc2, 0xc9, 0xd0]),
    ("line", [0x8a, 0x93, 0x9d], [0x8a, 0x93, 0x9d]),
    ("button", [0x1d, 0x4f, 0x91], [0xa8, 0xc7, 0xfa]),
    ("on_button", [0xff, 0xff, 0xff], [0x0b, 0x1b, 0x33]),
];

/// Which colour must be told from which, and how well. SPEC: WCAG 2.2, 1.4.3 (text, 4.5:1) and 1.4.11 (what is operated, 3:1).
pub const CONTRASTS: [(&str, &str, f64); 4] =
    [("ink", "surface", 4.5), ("quiet", "surface", 4.5), ("on_button", "button", 4.5), ("button", "surface", 3.0)];

/// Colours that a site's rules give, by name.
pub type Palette = BTreeMap<&'static str, Colour>;

/// `[widget]` of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The panel's form.
    pub layout: Layout,
    /// One of [`POSITIONS`].
    pub position: &'static str,
    /// One of [`REOPEN`].
    pub reopen: &'static str,
    /// A picture above the title: a path on the site.
    pub logo: Option<String>,
    /// A CSS list of font families.
    pub font: Option<String>,
    /// Whether a withdrawal loads the page again.
    pub reload: bool,
    /// Whether frames that wait say so.
    pub placeholders: bool,
    /// Whether what waits shows a picture of itself, which the gateway fetches.
    pub thumbnails: bool,
    /// Whether pages say so where no script runs.
    pub noscript: bool,
    /// Colours by day.
    pub light: Palette,
    /// Colours where the browser prefers dark.
    pub dark: Palette,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            layout: Layout::default(),
            position: "bottom",
            reopen: "start",
            logo: None,
            font: None,
            reload: true,
            placeholders: true,
            thumbnails: false,
            noscript: false,
            light: Palette::new(),
            dark: Palette::new(),
        }
    }
}

impl Look {
    /// The style sheet that says so, empty where the rules change no colour and no font. ASCII without `<`, `>` and `"`.
    pub fn css(&self) -> String {
        let mut css = String::new();
        if let Some(font) = &self.font {
            // Writing to a String does not fail.
            let _ = write!(css, ":host{{--font:var(--consentry-font,{font})}}");
        }
        for (scheme, palette) in [("light", &self.light), ("dark", &self.dark)] {
            if palette.is_empty() {
                continue;
            }
            let _ = write!(css, "@media (prefers-color-scheme:{scheme}){{:host{{");
            for (name, colour) in palette {
                let name = name.replace('_', "-");
                let _ = write!(css, "--{name}:var(--consentry-{name},{});", hex(*colour));
            }
            css.push_str("}}");
        }
        css
    }

    /// Everything in it as texts, in a fixed order: what a version is made of.
    pub(crate) fn meaning(&self) -> [String; 8] {
        [
            self.layout.name().to_owned(),
            self.position.to_owned(),
            self.reopen.to_owned(),
            self.logo.clone().unwrap_or_default(),
            self.css(),
            self.reload.to_string(),
            self.placeholders.to_string(),
            self.noscript.to_string(),
        ]
    }
}

/// The colours of a palette that cannot be told apart well enough, the usual ones where it says none: names, the ratio there is, and
/// the one that there must be.
pub fn too_close(palette: &Palette, is_dark: bool) -> Vec<(&'static str, &'static str, f64, f64)> {
    let usual = |name: &str| {
        COLOURS.iter().find(|(known, ..)| *known == name).map(|(_, day, night)| if is_dark { *night } else { *day })
    };
    let of = |name: &str| palette.get(name).copied().or_else(|| usual(name)).unwrap_or_default();
    let ratios = CONTRASTS.iter().map(|(one, other, least)| (*one, *other, contrast(of(one), of(other)), *least));
    ratios.filter(|(.., ratio, least)| ratio < least).collect()
}

/// The contrast ratio of two colours, 1 to 21. SPEC: WCAG 2.2, "contrast ratio" and "relative luminance".
pub fn contrast(one: Colour, other: Colour) -> f64 {
    let luminance = |[red, green, blue]: Colour| {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// `#1d4f91` or `#fff`.
pub fn colour(text: &str) -> Option<Colour> {
    let digits = text.strip_prefix('#')?;
    let wide = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        6 => digits.to_owned(),
        _ => return None,
    };
    let number = u32::from_str_radix(&wide, 16).ok().filter(|_| !wide.starts_with('+'))?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some([red, green, blue])
}

fn hex([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_written() {
        assert_eq!(colour("#1d4f91"), Some([0x1d, 0x4f, 0x91]));
        assert_eq!(colour("#Fa0"), Some([0xff, 0xaa, 0x00]));
        for wrong in ["", "#", "1d4f91", "#1d4f9", "#1d4f911", "#ggg", "#+12345", "#12345\u{e9}", "red"] {
            assert_eq!(colour(wrong), None, "{wrong}");
        }
        assert_eq!(hex([0x0f, 0xaa, 0]), "#0faa00");
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        assert!((contrast([255; 3], [255; 3]) - 1.0).abs() < 1e-9);
        // #767676 is the well-known lightest grey on white that text may have.
        assert!((contrast([0x76; 3], [255; 3]) - 4.54).abs() < 0.01);
    }

    #[test]
    fn the_usual_colours_can_be_told_apart_and_are_those_of_the_style_sheet() {
        let css = include_str!("../widget/dock.css");
        let (day, night) = css.split_once("@media (prefers-color-scheme: dark)").unwrap();
        for (name, light, dark) in COLOURS {
            let declared = |colour: Colour| {
                let name = name.replace('_', "-");
                let short = hex(colour).replace("#ffffff", "#fff");
                format!("--{name}: var(--consentry-{name}, {short});")
            };
            assert!(day.contains(&declared(light)) && night.contains(&declared(dark)), "{name}");
        }
        for is_dark in [false, true] {
            assert_eq!(too_close(&Palette::new(), is_dark), []);
        }
        assert_eq!(too_close(&Palette::from([("ink", [0xcc; 3])]), false).len(), 1);
    }

    #[test]
    fn what_the_rules_change_is_a_style_sheet() {
        assert_eq!(Look::default().css(), "");
        let light = Palette::from([("on_button", [0; 3]), ("button", [255, 200, 0])]);
        let look = Look { light, font: Some("Inter, sans-serif".to_owned()), ..Look::default() };
        assert_eq!(
            look.css(),
            ":host{--font:var(--consentry-font,Inter, sans-serif)}@media (prefers-color-scheme:light){:host{\
             --button:var(--consentry-button,#ffc800);--on-button:var(--consentry-on-button,#000000);}}"
        );
    }
}
