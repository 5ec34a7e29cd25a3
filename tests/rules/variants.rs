//! `[[widget.variant]]`: what may be compared, and what is refused since nobody could choose freely in it.

use super::*;
use consentry::policy::look::Layout;

const TWO: &str = "[widget]\nlayout = \"box\"\nposition = \"bottom-end\"\n[widget.light]\nbutton = \"#7a1f3d\"\n\
                   [[widget.variant]]\nname = \"plain\"\nshare = 70\n\
                   [[widget.variant]]\nname = \"warm\"\nshare = 30\nlayout = \"centre\"\n\
                   [widget.variant.light]\nsurface = \"#fff8f0\"\n\
                   [widget.variant.texts.fr]\ntitle = \"Votre choix\"\naccept = \"Oui à tout\"\nrefuse = \"Non à tout\"\n";

#[test]
fn a_variant_is_the_widget_but_for_what_it_says() {
    let site = site(&format!("{TWO}[texts.fr]\ntitle = \"Bonjour\"\nintro = \"Lisez\"\n"));
    let [plain, warm] = &*site.experiment.variants else { panic!("{:?}", site.experiment) };
    assert_eq!((plain.name.as_str(), plain.share, warm.name.as_str(), warm.share), ("plain", 70, "warm", 30));
    assert_eq!(plain.look, site.look, "it says nothing of its own");
    assert_eq!((warm.look.layout, warm.look.position), (Layout::Centre, "bottom"), "at no edge");
    assert_eq!(warm.look.light.len(), 2, "the widget's colour, and its own");
    assert!(site.experiment.is_kept);
    let shown = site.as_shown(Some("warm"));
    let french = &shown.texts["fr"];
    assert_eq!((french["title"].as_str(), french["intro"].as_str()), ("Votre choix", "Lisez"));
    assert_eq!(shown.look, warm.look);
    for none in [None, Some("cold")] {
        assert_eq!(site.as_shown(none).texts["fr"]["title"], "Bonjour", "{none:?}");
    }
}

#[test]
fn a_version_knows_variants_and_sites_without_mean_what_they_meant() {
    let version = |rest: &str| site(rest).version.clone();
    let two = version(TWO);
    assert_ne!(two, version(&TWO.replace("share = 70", "share = 60").replace("share = 30", "share = 40")));
    assert_ne!(two, version(&TWO.replace("Votre choix", "Ton choix")));
    assert_ne!(two, version(&TWO.replace("[widget]\n", "[widget]\nkeep_variant = false\n")));
    assert_eq!(version("[widget]\n"), version("[widget]\nkeep_variant = false\n"), "there is nothing to keep");
}

#[test]
fn what_cannot_be_compared_or_answered_freely_is_refused_with_its_place() {
    let one = "[[widget.variant]]\nname = \"a\"\nshare = 50\n";
    let other = |rest: &str| format!("{one}[[widget.variant]]\nname = \"b\"\nshare = 50\n{rest}");
    let many: String = (0..5).map(|n| format!("[[widget.variant]]\nname = \"v{n}\"\nshare = 20\n")).collect();
    for (rest, error) in [
        (one.to_owned(), "sites/shop.toml:3: widget.variant[1]: there are 1, and can be 2 to 4 to be compared"),
        (many, "sites/shop.toml:15: widget.variant[5]: there are 5, and can be 2 to 4"),
        (
            other("").replacen("share = 50", "share = 40", 1),
            "sites/shop.toml:8: widget.variant[2].share = \"50\": the shares add up to 90, must be 100",
        ),
        (other("").replacen("share = 50", "share = 100", 1), "must be a whole number from 1 to 99"),
        (
            other("").replace("\"b\"", "\"a\""),
            "sites/shop.toml:7: widget.variant[2].name = \"a\": two variants have this name",
        ),
        (
            other("").replace("\"b\"", "\"B b\""),
            "widget.variant[2].name = \"B b\": must be 1 to 32 of a-z, 0-9, - and _",
        ),
        (other("").replace("name = \"b\"\n", ""), "widget.variant[2].name: is missing; write name = \"short\""),
        (other("reopen = \"none\"\n"), "sites/shop.toml:9: widget.variant[2].reopen = \"none\": unknown key"),
        (
            other("layout = \"bar\"\nposition = \"top-end\"\n"),
            "widget.variant[2].position = \"top-end\": a bar is as wide",
        ),
        (other("logo = \"https://else.example/x.png\"\n"), "must be a path on the site itself"),
        // Equal prominence, in each variant.
        (
            other("[widget.variant.light]\nbutton = \"#eeeeee\"\n"),
            "sites/shop.toml:10: widget.variant[2].light.button = \"#eeeeee\": on_button on button has a contrast of 1.2:1",
        ),
        (
            other("[widget.variant.light]\nrefuse = \"#eeeeee\"\n"),
            "widget.variant[2].light.refuse = \"#eeeeee\": unknown key",
        ),
        (
            other("[widget.variant.texts.en]\naccept = \"Yes, please\"\n"),
            "sites/shop.toml:10: widget.variant[2].texts.en.accept = \"Yes, please\": a variant that words accept words refuse too",
        ),
        (other("[widget.variant.texts.en]\nrefuse = \"No\"\n"), "a variant that words refuse words accept too"),
        (other("[widget.variant.texts.en]\naccept = \"Yes\"\nrefuse = \" \u{a0}.\"\n"), "is a button without words"),
        (
            other("[widget.variant.texts.en]\naccept = \"OK\"\nrefuse = \"ok \"\n"),
            "says the same as accept: nobody could refuse",
        ),
        (
            other(&format!("[widget.variant.texts.en]\naccept = \"Yes\"\nrefuse = \"{}\"\n", "no ".repeat(30))),
            "is longer than the 60 characters that a button has room for",
        ),
        (
            other("[widget.variant.texts.en]\ntitel = \"x\"\n"),
            "widget.variant[2].texts.en.titel = \"titel\": is no text that a variant can have; did you mean \"title\"?",
        ),
        // The site's own words too.
        ("[texts.en]\nrefuse = \"\"\n".to_owned(), "sites/shop.toml:4: texts.en.refuse: is a button without words"),
    ] {
        let text = format!("{SITE}{rest}");
        let errors = try_load(&[("sites/shop.toml", &text)]).err().unwrap_or_else(|| panic!("accepted: {rest}"));
        assert!(errors.contains(error), "{error}\nis not in\n{errors}");
    }
}

#[test]
fn a_site_s_colours_are_those_that_a_variant_is_held_against() {
    let dark = "[widget.light]\nsurface = \"#101010\"\nink = \"#ffffff\"\nquiet = \"#dddddd\"\nbutton = \"#a8c7fa\"\non_button = \"#0b1b33\"\n";
    let variants = "[[widget.variant]]\nname = \"a\"\nshare = 50\n[[widget.variant]]\nname = \"b\"\nshare = 50\n[widget.variant.light]\nink = \"#222222\"\n";
    let errors = try_load(&[("sites/shop.toml", &format!("{SITE}{dark}{variants}"))]).unwrap_err();
    assert!(errors.contains("widget.variant[2].light.ink = \"#222222\": ink on surface has a contrast of"), "{errors}");
    assert_eq!(errors.lines().filter(|line| line.contains("contrast")).count(), 1, "{errors}");
}
