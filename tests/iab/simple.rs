//! The AC string and the US Privacy string.

use super::{expect, value, vectors};
use consentry::consent::codec::{ac, us_privacy};
use serde_json::json;

#[test]
fn ac_strings_mean_what_is_published() {
    let Some(vectors) = vectors("ac-string") else { return };
    for vector in &vectors {
        let (value, read) = (value(vector), ac::decode(value(vector).as_bytes()));
        if vector["expect"]["error"] == true {
            assert!(read.is_err(), "{value}");
            continue;
        }
        let (read, view) = (read.unwrap(), ac::View::read(value.as_bytes()).unwrap());
        for (name, expected) in expect(vector) {
            let found = match name {
                "version" => json!(view.version()),
                "consented" => json!(read.consented),
                "disclosed" => json!(read.disclosed),
                other => panic!("nothing compares {other}"),
            };
            assert_eq!(found, *expected, "{name} of {value}");
        }
        assert!(read.consented.iter().all(|id| view.consented(*id)) && !view.consented(999));
        let written = ac::encode(&read).unwrap();
        assert_eq!(written.trim_end_matches('.'), value.trim_end_matches('.'), "written as published");
    }
}

#[test]
fn us_privacy_strings_mean_what_is_published() {
    let Some(vectors) = vectors("usprivacy") else { return };
    for vector in &vectors {
        let (value, read) = (value(vector), us_privacy::decode(value(vector).as_bytes()).unwrap());
        for (name, expected) in expect(vector) {
            let found = match name {
                "notice" => json!(read.notice.letter()),
                "opt_out_sale" => json!(read.opt_out_sale.letter()),
                "lspa" => json!(read.lspa.letter()),
                "applies" => json!(read.applies()),
                other => panic!("nothing compares {other}"),
            };
            assert_eq!(found, *expected, "{name} of {value}");
        }
        assert_eq!(read.to_string(), value);
    }
}
