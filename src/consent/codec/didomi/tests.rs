use super::super::base64;
use super::super::bits::BitWriter;
use super::*;
use proptest::prelude::*;

mod objects;

/// The documentation's sample (version 1 without a sync flag), the README's of version 1 and of version 2.
const PLAIN: &str = "BGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsCABFKVEACKUqgAAERY4AABEWMA";
const FLAG: &str = "BGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsJ9iee2BAAilKiABFKVQAACIscAAAiLGAAA";
const V2: &str = "CGHWv4UYba5-dZnABdKu__D6iWHsD6iWHsAAKn2J57YEACKUqIAEUpVAAAIixwAACIsY";

const SYNC: u64 = 16_849_518_000;

fn sample(form: Form) -> Dcs {
    let purposes = Statuses::of([1, 2, 6, 7, 8], [3, 4]);
    let vendors = Statuses::of(128..=132, []);
    Dcs {
        form,
        user_id: *b"\x18\x75\xaf\xe1\x46\x1b\x6b\x9f\x9d\x66\x70\x01\x74\xab\xbf\xfc",
        created: 16_813_230_000,
        updated: 16_813_230_000,
        purposes: purposes.clone(),
        purposes_li: purposes,
        vendors: vendors.clone(),
        vendors_li: vendors,
    }
}

/// A string of version 2 whose first section is written by hand and whose others are empty bit fields.
fn with_section(section: impl Fn(&mut BitWriter)) -> String {
    let mut writer = BitWriter::new();
    writer.write(2, 6);
    writer.bytes(&[9; 16]);
    writer.write(1, 36);
    writer.write(2, 36);
    writer.write(1, 16);
    writer.flag(false);
    section(&mut writer);
    (0..3).for_each(|_| writer.write(1 << 16, 19));
    base64::encode_url(&writer.finish(3))
}

fn purposes(section: impl Fn(&mut BitWriter)) -> Result<Statuses, Problem> {
    decode(with_section(section).as_bytes()).map(|dcs| dcs.purposes).map_err(|error| error.problem)
}

/// Algorithm, statuses, then lists of (start, end) as u16 ranges.
fn u16_lists(statuses: u64, lists: &[&[(u16, u16)]]) -> Result<Statuses, Problem> {
    purposes(|writer| {
        writer.write(1, 2);
        writer.write(statuses, 4);
        for list in lists {
            writer.write(u64::try_from(list.len()).unwrap(), 16);
            for (start, end) in *list {
                writer.flag(false);
                writer.write(u64::from(*start), 16);
                writer.write(u64::from(*end), 16);
            }
        }
    })
}

#[test]
fn published_strings_are_read_and_written_bit_for_bit() {
    let forms = [
        (PLAIN, Form::V1Plain),
        (FLAG, Form::V1 { sync: Some(SYNC) }),
        (V2, Form::V2 { regulation: 10, sync: Some(SYNC) }),
    ];
    for (text, form) in forms {
        assert_eq!(decode(text.as_bytes()), Ok(sample(form)), "{text}");
        assert_eq!(encode(&sample(form)).as_deref(), Ok(text));
    }
}

#[test]
fn the_log_names_offsets_and_algorithms_as_the_library_does() {
    let (_, log) = decode_logged(V2.as_bytes()).unwrap();
    let log: Vec<_> = log.iter().map(|e| (e.key, e.offset, e.encoder.name())).collect();
    assert_eq!(
        log[4..7],
        [("regulation_id", 206, "u16"), ("sync", 222, "date"), ("purposes_optin", 259, "bitField2Bits")]
    );
    assert_eq!(log[9], ("vendors_optout", 367, "rangesFibonacci"));
    let (_, log) = decode_logged(PLAIN.as_bytes()).unwrap();
    assert_eq!((log.len(), log[4].offset), (8, 206), "the reading that was thrown away leaves no trace");
}

#[test]
fn parts_are_split_at_the_first_tilde_then_at_dots() {
    let split = |text: &'static str| {
        let parts = Parts::split(text.as_bytes());
        let text = |part: Option<&'static [u8]>| part.map(|part| std::str::from_utf8(part).unwrap());
        (text(Some(parts.sections)).unwrap(), text(parts.did), text(parts.ouid), text(parts.signature))
    };
    assert_eq!(split("S.D.O/x~G~H.I"), ("S", Some("D"), Some("O/x"), Some("G~H.I")));
    assert_eq!(split("S..O~G"), ("S", None, Some("O"), Some("G")));
    assert_eq!(split("S.D~"), ("S", Some("D"), None, None));
    assert_eq!(split("S..."), ("S", None, None, None));
    assert_eq!(split(""), ("", None, None, None));
    assert_eq!(decode(format!("{V2}...").as_bytes()), decode(V2.as_bytes()));
}

#[test]
fn a_bit_field_can_start_anywhere() {
    let field = |start: u16, count: u64, pairs: &[u64]| {
        purposes(|writer| {
            writer.write(0, 3);
            writer.write(u64::from(start), 16);
            writer.write(count, 16);
            pairs.iter().for_each(|pair| writer.write(*pair, 2));
        })
    };
    assert_eq!(field(100, 4, &[2, 2, 0, 1]), Ok(Statuses::of([100, 101], [103])));
    assert_eq!(field(65535, 1, &[2]), Ok(Statuses::of([65535], [])));
    assert_eq!(field(65535, 2, &[2, 2]), Err(Problem::Range));
    assert_eq!(field(0, 1, &[2]), Err(Problem::Range));
    assert_eq!(field(7, 2, &[3, 0]), Err(Problem::Status));
    assert_eq!(field(1, 65535, &[]), Err(Problem::Truncated));
}

#[test]
fn list_statuses_are_read_as_published_and_nothing_is_granted_by_its_absence() {
    // The documentation's one example: undefined 5, enabled 1-2 and 6-8, so 3 and 4 are disabled.
    assert_eq!(u16_lists(0b1100, &[&[(5, 5)], &[(1, 2), (6, 8)]]), Ok(Statuses::of([1, 2, 6, 7, 8], [3, 4])));
    assert_eq!(u16_lists(0b0000, &[&[(6, 8), (1, 2)]]), Ok(Statuses::of([1, 2, 6, 7, 8], [])));
    assert_eq!(u16_lists(0b0001, &[&[(1, 2)], &[(4, 4)]]), Ok(Statuses::of([1, 2], [4])));
    assert_eq!(u16_lists(0b0101, &[&[(1, 2)]]), Ok(Statuses::of([], [1, 2])));
    assert_eq!(u16_lists(0b0000, &[&[]]), Ok(Statuses::default()));
    assert_eq!(u16_lists(0b1100, &[&[(1, 3)], &[(3, 4)]]), Err(Problem::Overlap));
    for statuses in [0b0010_u8, 0b1000, 0b1010, 0b0110, 0b1110, 0b1011, 0b1001, 0b0111, 0b1101] {
        let one = [(1, 2)];
        assert_eq!(u16_lists(statuses.into(), &[&one, &[]]), Err(Problem::ListStatuses(statuses)), "{statuses:04b}");
    }
    assert_eq!(u16_lists(0, &[&[(0, 3)]]), Err(Problem::Range));
    assert_eq!(u16_lists(0, &[&[(4, 3)]]), Err(Problem::Range));
}

#[test]
fn p100_ranges_that_claim_everything_stay_ranges() {
    let all = vec![(1, 65535); 1400];
    let dcs = u16_lists(0, &[&all]).unwrap_err();
    assert!(matches!(dcs, Problem::TooLong(_)), "{dcs}");
    let all = vec![(1, 65535); 300];
    assert_eq!(u16_lists(0, &[&all]).unwrap().enabled().ranges(), [(1, 65535)]);
}

#[test]
fn fibonacci_ranges_are_one_and_bounded() {
    let ranges = |list: &[(u16, u16)]| {
        purposes(|writer| {
            writer.write(0b10_0000, 6);
            writer.write(u64::try_from(list.len()).unwrap(), 16);
            for (start, count) in list {
                fibonacci_write(writer, *start);
                fibonacci_write(writer, *count);
            }
        })
    };
    assert_eq!(ranges(&[(128, 5)]), Ok(Statuses::of(128..=132, [])));
    assert_eq!(ranges(&[(65535, 1)]), Ok(Statuses::of([65535], [])));
    assert_eq!(ranges(&[(65535, 2)]), Err(Problem::Range));
    assert_eq!(ranges(&[(1, 1), (5, 1)]), Err(Problem::SecondFibonacciRange));
    assert_eq!(ranges(&[]), Ok(Statuses::default()));
}

fn fibonacci_write(writer: &mut BitWriter, value: u16) {
    super::super::fibonacci::write(writer, value);
}

#[test]
fn p100_what_is_no_reading_of_the_layout_is_refused() {
    let problem = |text: &str| decode(text.as_bytes()).unwrap_err().problem;
    assert_eq!(problem(""), Problem::Truncated);
    assert_eq!(problem("DGHW"), Problem::Version(3));
    assert_eq!(problem(&V2[..64]), Problem::Truncated);
    assert_eq!(problem(&format!("{V2}AAAA")), Problem::Trailing);
    assert_eq!(problem(&format!("{}Z", &V2[..67])), Problem::Trailing, "a padding bit is set");
    assert_eq!(problem(&V2.replace('_', "/")), Problem::Base64(base64::Base64Error::Byte { offset: 20, byte: b'/' }));
    assert_eq!(problem(&"C".repeat(MAX_LEN + 1)), Problem::TooLong(MAX_LEN + 1));
    assert_eq!(purposes(|writer| writer.write(3, 2)), Err(Problem::Algorithm));
    let error = decode(with_section(|writer| writer.write(3, 2)).as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "bit 223: algorithm 3 of a section is not published");
}

#[test]
fn sections_take_the_shortest_published_form() {
    let written = |statuses: Statuses| {
        let dcs = Dcs { purposes: statuses, ..sample(Form::V2 { regulation: 1, sync: None }) };
        let (read, log) = decode_logged(encode(&dcs).unwrap().as_bytes()).unwrap();
        assert_eq!(read, dcs);
        let (this, next) = (log[6], log[7]);
        assert_eq!((this.key, next.key), ("purposes_optin", "purposes_optout"));
        (this.encoder, next.offset - this.offset)
    };
    assert_eq!(written(Statuses::default()), (Encoder::BitField2Bits, 19));
    // The README's [1, 100]: a bit field of 219 bits, two single ranges of 56.
    assert_eq!(written(Statuses::of([1, 100], [])), (Encoder::RangesU16, 56));
    assert_eq!(written(Statuses::of([1, 100], [50])), (Encoder::BitField2Bits, 219));
    assert_eq!(written(Statuses::of(128..=132, [])), (Encoder::RangesFibonacci, 38));
    assert_eq!(written(Statuses::of([128, 132], [130])), (Encoder::BitField2Bits, 45));
    assert_eq!(written(Statuses::of([9], [10])), (Encoder::BitField2Bits, 39));
    assert_eq!(written(Statuses::of([300, 302, 800], [])), (Encoder::RangesU16, 73));
    assert_eq!(written(Statuses::of([1, 2, 6, 7, 8], [])), (Encoder::BitField2Bits, 35));
}

#[test]
fn version_1_writes_purposes_as_bit_fields_only() {
    let mut dcs = sample(Form::V1Plain);
    dcs.purposes = Statuses::of([1, 100], []);
    let (read, log) = decode_logged(encode(&dcs).unwrap().as_bytes()).unwrap();
    assert_eq!((read, log[4].encoder, log[5].offset - log[4].offset), (dcs, Encoder::BitField2Bits, 219));
}

#[test]
fn what_no_string_holds_is_refused() {
    let dcs = Dcs { updated: 1 << 36, ..sample(Form::V1Plain) };
    assert_eq!(encode(&dcs), Err(EncodeError::Date));
    let dcs = Dcs { vendors: Statuses::of([1, 65535], [7]), ..sample(Form::V1Plain) };
    assert_eq!(encode(&dcs), Err(EncodeError::TooLong));
}

fn statuses() -> impl Strategy<Value = Statuses> {
    let ids = |max: u16| prop::collection::vec(1..=max, 0..20);
    let runs = (1_u16..60_000, 0_u16..5000).prop_map(|(start, more)| {
        let mut run = super::super::ids::IdSet::new();
        run.insert_range(start, start + more);
        Statuses::new(run, &super::super::ids::IdSet::new())
    });
    prop_oneof![
        (ids(60), ids(60)).prop_map(|(enabled, disabled)| Statuses::of(enabled, disabled)),
        (ids(2000), ids(2000)).prop_map(|(enabled, disabled)| Statuses::of(enabled, disabled)),
        ids(65535).prop_map(|enabled| Statuses::of(enabled, [])),
        runs,
        Just(Statuses::default()),
    ]
}

fn dcs() -> impl Strategy<Value = Dcs> {
    let date = 0_u64..1 << 36;
    let sync = prop::option::of(date.clone());
    let form = prop_oneof![
        Just(Form::V1Plain),
        sync.clone().prop_map(|sync| Form::V1 { sync }),
        (any::<u16>(), sync).prop_map(|(regulation, sync)| Form::V2 { regulation, sync }),
    ];
    let small = |(purposes, purposes_li): (Statuses, Statuses)| (purposes, purposes_li);
    (form, any::<[u8; 16]>(), date.clone(), date, (statuses(), statuses()).prop_map(small), (statuses(), statuses()))
        .prop_map(|(form, user_id, created, updated, (purposes, purposes_li), (vendors, vendors_li))| Dcs {
            form,
            user_id,
            created,
            updated,
            purposes,
            purposes_li,
            vendors,
            vendors_li,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_was_written_is_read(dcs in dcs()) {
        match encode(&dcs) {
            Ok(text) => {
                prop_assert!(text.len() <= MAX_LEN && text.len() % 4 == 0);
                prop_assert_eq!(decode(text.as_bytes()), Ok(dcs));
            }
            Err(EncodeError::Ambiguous) => prop_assert_eq!(dcs.form.version(), 1),
            Err(error) => prop_assert_eq!(error, EncodeError::TooLong),
        }
    }

    #[test]
    fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..400), version in 0_u8..4) {
        fuzz_didomi(&value);
        let mut bytes = value;
        if let Some(first) = bytes.first_mut() {
            *first = *first & 3 | version << 2;
        }
        fuzz_didomi(&bytes);
    }

    #[test]
    fn what_is_read_can_be_written_and_read_again(bits in prop::collection::vec(any::<u8>(), 0..60)) {
        // Random sections behind a true head are read more often than random bytes are.
        let text = with_section(|writer| writer.bytes(&bits));
        if let Ok(dcs) = decode(text.as_bytes()) {
            prop_assert_eq!(decode(encode(&dcs).unwrap().as_bytes()), Ok(dcs));
        }
    }
}

#[test]
fn ordinary_version_1_strings_are_not_ambiguous() {
    let ids = |mask: u16| (0..10).filter(move |bit| mask >> bit & 1 == 1).map(|bit| bit + 1);
    for mask in 0..1024 {
        for form in [Form::V1Plain, Form::V1 { sync: None }, Form::V1 { sync: Some(SYNC) }] {
            let dcs = Dcs { purposes: Statuses::of(ids(mask), ids(!mask & 0x3ff)), ..sample(form) };
            assert_eq!(
                encode(&dcs).and_then(|text| decode(text.as_bytes()).map_err(|_| EncodeError::Ambiguous)),
                Ok(dcs)
            );
        }
    }
}
