//! What can go wrong with a GPP string.

use super::super::base64::Base64Error;
use super::super::ids::IdSet;
use super::super::numbers::Numbers;
use super::super::tcf::{Head, PublisherTc, Tcf};
use super::*;
use proptest::prelude::*;

fn us(id: u16, version: u8, value: u8, gpc: Option<bool>) -> UsSection {
    let layout = layouts(id).find(|layout| layout.version == version).unwrap();
    UsSection { layout, values: vec![value; layout.length()], gpc, sensitive: None }
}

fn text(sections: Vec<Section>) -> String {
    encode(&Gpp { sections }).unwrap()
}

#[test]
fn both_paddings_of_a_header_are_read() {
    for (header, ids) in [
        ("DBAA", vec![]),
        ("DBABM", vec![2]),
        ("DBABMA", vec![2]),
        ("DBACNY", vec![2, 6]),
        ("DBACNYA", vec![2, 6]),
        ("DBABjw", vec![5, 6]),
    ] {
        let value = ids.iter().fold(header.to_owned(), |text, _| text + "~x");
        assert_eq!(View::read(value.as_bytes()).map(|view| view.ids().to_vec()), Ok(ids), "{header}");
    }
}

#[test]
fn headers_that_claim_what_is_not_there_are_refused() {
    for (value, error) in [
        ("", GppError::Ids),
        ("D", GppError::Ids),
        ("DB", GppError::Ids),
        ("CPXx", GppError::Header(2, 15)),
        ("DCAA", GppError::Header(3, 2)),
        ("DB__", GppError::Ids),
        ("DBGBM~x", GppError::Ids),
        ("DBABM", GppError::Count { ids: 1, sections: 0 }),
        ("DBABM~x~y", GppError::Count { ids: 1, sections: 2 }),
        ("DBAA~", GppError::Count { ids: 0, sections: 1 }),
        ("DBABMAAAB~x", GppError::Trailing),
        ("DBAB.~x", GppError::Base64(Base64Error::Byte { offset: 4, byte: b'.' })),
        // Groups of 1 to 90 and of 1 to 28658.
        ("DBAB4AGA~x", GppError::TooManySections),
        ("DBAB4AABg~x", GppError::TooManySections),
    ] {
        assert_eq!(View::read(value.as_bytes()), Err(error), "{value}");
    }
    assert_eq!(View::read(&[b'D'; MAX_LEN + 1]), Err(GppError::TooLong(MAX_LEN + 1)));
}

#[test]
fn opt_outs_of_all_sections_count_together() {
    let opted = |sections: Vec<Section>| View::read(text(sections).as_bytes()).unwrap().opt_out();
    let privacy = |text: &str| Section::UsPrivacy(us_privacy::decode(text.as_bytes()).unwrap());
    let none = OptOut::default();
    assert_eq!(opted(vec![]), Ok(None));
    assert_eq!(opted(vec![Section::Other { id: 28, text: "BA".to_owned() }]), Ok(None));
    assert_eq!(opted(vec![privacy("1YNN")]), Ok(Some(none)));
    assert_eq!(opted(vec![privacy("1YYN")]), Ok(Some(OptOut { sale: true, ..none })));
    assert_eq!(opted(vec![Section::Us(us(7, 2, 2, Some(false)))]), Ok(Some(none)));
    let all = OptOut { sale: true, sharing: true, targeted_advertising: true, gpc: false };
    assert_eq!(opted(vec![Section::Us(us(7, 2, 1, None))]), Ok(Some(all)));
    let gpc = OptOut { gpc: true, ..none };
    assert_eq!(opted(vec![Section::Us(us(7, 1, 0, Some(true)))]), Ok(Some(gpc)));
    // California shares, the others advertise.
    let california = OptOut { targeted_advertising: false, ..all };
    assert_eq!(opted(vec![privacy("1YNN"), Section::Us(us(8, 1, 1, None))]), Ok(Some(california)));
    for id in 9..=27 {
        let both = OptOut { sharing: false, ..all };
        assert_eq!(opted(vec![Section::Us(us(id, 1, 1, None))]), Ok(Some(both)), "section {id}");
        let mut sale = us(id, 1, 2, None);
        let at =
            sale.fields().take_while(|(name, _)| *name != "SaleOptOut").map(|(_, values)| values.len()).sum::<usize>();
        sale.values[at] = 1;
        assert_eq!(sale.get("SaleOptOut"), Some(&[1][..]));
        let sold = OptOut { sale: true, ..none };
        assert_eq!(opted(vec![Section::Us(sale)]), Ok(Some(sold)), "section {id}");
    }
    assert!(!none.any() && gpc.any() && california.any());
}

#[test]
fn a_section_that_cannot_be_read_could_hold_an_opt_out() {
    for (value, problem) in [
        ("DBABLA~DSJgmkoZJSA.YA", Problem::Version(3)),
        ("DBABLA~CAAA", Problem::Truncated),
        ("DBABLA~CAAAAAAAA", Problem::Truncated),
        ("DBABLA~BwAAAAAAAAA", Problem::Value("SharingNotice")),
        ("DBABLA~BAAAAAAAAQA.gA", Problem::Part),
        ("DBABLA~BAAAAAAAAQA.YA.YA", Problem::Part),
        ("DBABLA~BAAAAAAAAQA.YB", Problem::Trailing),
        ("DBABLA~BAAAAAAAAQAAB", Problem::Trailing),
        ("DBABLA~BAAAAAAAAQA.", Problem::Truncated),
        ("DBABLA~BAAAAAA=AQA", Problem::Base64(Base64Error::Byte { offset: 7, byte: b'=' })),
    ] {
        let view = View::read(value.as_bytes()).unwrap();
        assert_eq!(view.opt_out(), Err(GppError::Section { id: 7, problem }), "{value}");
        assert_eq!(decode(value.as_bytes()), Err(GppError::Section { id: 7, problem }));
    }
    // Virginia has no part behind its core, whatever it says.
    let virginia = text(vec![Section::Us(us(9, 1, 2, None))]) + ".YA";
    assert_eq!(decode(virginia.as_bytes()), Err(Problem::Part.of(9)));
    let privacy = GppError::Section { id: 6, problem: Problem::UsPrivacy(us_privacy::UsPrivacyError) };
    assert_eq!(View::read(b"DBABTA~1Y").unwrap().opt_out(), Err(privacy));
}

#[test]
fn sections_are_written_in_order_and_only_what_they_can_say() {
    let refused = |sections: Vec<Section>| encode(&Gpp { sections }).unwrap_err();
    let other = |id: u16, text: &str| Section::Other { id, text: text.to_owned() };
    let usnat = Section::Us(us(7, 1, 0, None));
    assert_eq!(refused(vec![usnat.clone(), other(3, "x")]), EncodeError::Sections);
    assert_eq!(refused(vec![usnat.clone(), usnat]), EncodeError::Sections);
    assert_eq!(refused(vec![other(0, "x")]), EncodeError::Sections);
    assert_eq!(refused((28..61).map(|id| other(id, "x")).collect()), EncodeError::Sections);
    assert_eq!(refused(vec![other(3, "a~b")]), EncodeError::Field(3));
    assert_eq!(refused(vec![other(6, "1YNN")]), EncodeError::Field(6), "it would be read as what it is");
    assert_eq!(refused(vec![Section::Us(us(9, 1, 0, Some(true)))]), EncodeError::Field(9));
    assert_eq!(refused(vec![Section::Us(us(9, 1, 3, None))]), EncodeError::Field(9));
    let short = UsSection { values: vec![0; 3], ..us(9, 1, 0, None) };
    assert_eq!(refused(vec![Section::Us(short)]), EncodeError::Field(9));
    assert_eq!(refused(vec![other(30, &"x".repeat(MAX_LEN))]), EncodeError::TooLong);
}

#[test]
fn canada_is_read_in_both_layouts_of_ranges() {
    let canada = |ids: &[(u16, u16)]| {
        let mut vendors_express = IdSet::new();
        ids.iter().for_each(|(first, last)| vendors_express.insert_range(*first, *last));
        TcfCa { vendors_express, ..TcfCa::default() }
    };
    // Bit fields, one range, several.
    for ids in [&[(12, 12)][..], &[(1, 60_000)], &[(3, 900), (2000, 2000)]] {
        let section = Section::TcfCa(Box::new(canada(ids)));
        let text = text(vec![section.clone()]);
        assert_eq!(decode(text.as_bytes()), Ok(Gpp { sections: vec![section] }));
    }
    // The same head with a 16-bit range of 1 to 900: MaxVendorId 900, 1 entry, group.
    let mut writer = super::super::bits::BitWriter::new();
    writer.write(1, 6);
    (0..193).for_each(|_| writer.flag(false));
    writer.write(900 << 1 | 1, 17);
    writer.write(1, 12);
    writer.flag(true);
    writer.write(1 << 16 | 900, 32);
    writer.write(0, 17 + 12);
    let text = super::super::base64::encode_url(&writer.finish(1));
    let read = decode_section(TCF_CA_V1, text.as_bytes());
    assert_eq!(read, Ok(Section::TcfCa(Box::new(canada(&[(1, 900)])))));
    assert_eq!(decode_section(TCF_CA_V1, format!("{text}.gAAA").as_bytes()), Err(Problem::Part.of(5)));
    assert_eq!(decode_section(TCF_CA_V1, b"CPXx"), Err(Problem::Version(2).of(5)));
}

fn sections() -> impl Strategy<Value = Vec<Section>> {
    let ids = || prop::collection::vec(1_u16..400, 0..20).prop_map(|ids| ids.into_iter().collect::<IdSet>());
    let purposes = || (0_u64..1 << 24).prop_map(Numbers::from_bits);
    let europe = (ids(), purposes(), prop::option::of(ids())).prop_map(|(vendors, purposes, disclosed)| {
        let head = Head { purposes, policy_version: 5, ..Head::default() };
        Section::TcfEu(Box::new(Tcf { head, vendors, disclosed, ..Tcf::default() }))
    });
    let canada =
        (ids(), purposes(), prop::option::of(ids())).prop_map(|(vendors_express, purposes_express, disclosed)| {
            let publisher = disclosed.is_some().then(PublisherTc::default);
            Section::TcfCa(Box::new(TcfCa {
                vendors_express,
                purposes_express,
                disclosed,
                publisher,
                ..TcfCa::default()
            }))
        });
    let states = (7_u16..=27, prop::collection::vec(0_u8..3, 40), prop::option::of(any::<bool>())).prop_map(
        |(id, values, part)| {
            let layout = layouts(id).last().unwrap();
            let gpc = part.filter(|_| layout.part == Part::Gpc);
            let sensitive = part.filter(|_| layout.part == Part::Sensitive).map(|_| values[..8].to_vec());
            Section::Us(UsSection { layout, values: values[..layout.length()].to_vec(), gpc, sensitive })
        },
    );
    let other = (28_u16..2000, "[a-zA-Z0-9._=-]{0,9}").prop_map(|(id, text)| Section::Other { id, text });
    let any_section = prop_oneof![europe, canada, states, other];
    prop::collection::vec(any_section, 0..8).prop_map(|mut sections| {
        sections.sort_by_key(Section::id);
        sections.dedup_by_key(|section| section.id());
        sections
    })
}

proptest! {
    #[test]
    fn every_value_comes_back(sections in sections()) {
        let value = Gpp { sections };
        match encode(&value) {
            Ok(text) => prop_assert_eq!(decode(text.as_bytes()), Ok(value)),
            Err(error) => prop_assert_eq!(error, EncodeError::Ambiguous(TCF_CA_V1)),
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(data in prop::collection::vec(any::<u8>(), 0..60), text in "DB[A-Za-z]{2,5}(~[A-Z1YN.-]{0,12}){0,3}") {
        fuzz_gpp(&data);
        fuzz_gpp(text.as_bytes());
    }

    #[test]
    fn damaged_strings_are_read_or_refused(sections in sections(), at in 0_usize..400, byte in any::<u8>()) {
        if let Ok(text) = encode(&Gpp { sections }) {
            let mut text = text.into_bytes();
            let at = at % text.len();
            text[at] = byte;
            fuzz_gpp(&text);
        }
    }
}
