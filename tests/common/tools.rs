//! One cookie of each consent tool as its script writes it, with an answer in it; for tests and benchmarks.

use consentry::consent::codec::answers::{Head, Name};
use consentry::consent::codec::value_error::ValueError;
use consentry::consent::codec::{
    axeptio, borlabs, cc_cookie, commanders, cookiebot, cookieyes, didomi_token, iubenda, klaro, optanon,
    tarteaucitron, trustarc,
};

/// A codec's scan.
pub type Scan = fn(&[u8], &mut dyn FnMut(Name<'_>, bool)) -> Result<Head, ValueError>;

/// 700 bytes, most of them not read: a landing page, a time zone's name, the list of hosts.
pub const OPTANON: &str = "isGpcEnabled=0&datestamp=Fri+Oct+04+2024+09%3A21%3A41+GMT%2B0800+(Central+Indonesia+Time)&version=202311.1.0&browserGpcFlag=0&isIABGlobal=false&consentId=00000000-0000-4000-8000-000000000000&interactionCount=1&isAnonUser=1&landingPath=NotLandingPage&groups=C0001%3A1%2CC0002%3A1%2CC0003%3A0%2CC0004%3A0%2CC0005%3A0%2CV2STACK42%3A0&hosts=H68%3A1%2CH39%3A1%2CH3%3A1%2CH98%3A1%2CH113%3A1%2CH96%3A1%2CH99%3A1%2CH1%3A1%2CH51%3A1%2CH36%3A1%2CH81%3A1%2CH94%3A1%2CH84%3A1%2CH87%3A1%2CH88%3A1%2CH70%3A1%2CH37%3A1%2CH89%3A1%2CH90%3A1%2CH48%3A1%2CH91%3A1%2CH71%3A1%2CH4%3A1%2CH127%3A1%2CH128%3A0%2CH129%3A1%2CH130%3A1%2CH9%3A1&genVendors=V2%3A0%2CV1%3A0%2C&intType=2&geolocation=FR%3BIDF&AwaitingReconsent=false";

/// Name of the codec, its scan, a value.
pub const SAMPLES: [(&str, Scan, &str); 12] = [
    ("optanon", |value, sink| optanon::scan(value, sink).map(|trust| trust.head(None)), OPTANON),
    (
        "cookiebot",
        |value, sink| cookiebot::scan(value, sink),
        "{stamp:%27AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%27%2Cnecessary:true%2Cpreferences:false%2Cstatistics:true%2Cmarketing:false%2Cmethod:%27explicit%27%2Cver:1%2Cutc:1705162226478%2Cregion:%27fr%27}",
    ),
    (
        "cookieyes",
        |value, sink| cookieyes::scan(value, sink),
        "consentid:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,consent:yes,action:yes,necessary:yes,functional:no,analytics:yes,performance:no,advertisement:no",
    ),
    (
        "klaro",
        |value, sink| klaro::scan(value, sink),
        "%7B%22necessary-cookies%22%3Atrue%2C%22preferences%22%3Afalse%2C%22google-analytics%22%3Afalse%2C%22google-ads%22%3Afalse%7D",
    ),
    (
        "cc_cookie",
        |value, sink| cc_cookie::scan(value, sink),
        "%7B%22categories%22%3A%5B%22necessary%22%2C%22analytics%22%5D%2C%22revision%22%3A1%2C%22data%22%3Anull%2C%22consentTimestamp%22%3A%222024-11-20T19%3A02%3A36.823Z%22%2C%22consentId%22%3A%2200000000-0000-4000-8000-000000000000%22%2C%22services%22%3A%7B%22necessary%22%3A%5B%5D%2C%22analytics%22%3A%5B%22ga%22%5D%7D%2C%22lastConsentTimestamp%22%3A%222024-11-20T19%3A02%3A36.823Z%22%2C%22expirationTime%22%3A1747854156824%7D",
    ),
    (
        "tarteaucitron",
        |value, sink| tarteaucitron::scan(value, sink),
        "!googleadwordsconversion=false!gtag=true!matomo=true!facebook=false!linkedin=wait!twitter=wait",
    ),
    (
        "axeptio",
        |value, sink| axeptio::scan(value, sink),
        "{%22$$token%22:%22aaaaaaaaaaaaaaaaaaaaaa%22%2C%22$$date%22:%222024-12-20T18:55:15.412Z%22%2C%22$$cookiesVersion%22:{%22name%22:%22shop-en%22%2C%22identifier%22:%22000000000000000000000000%22}%2C%22facebook_pixel%22:true%2C%22google_analytics%22:false%2C%22$$completed%22:true}",
    ),
    (
        "iubenda",
        |value, sink| iubenda::scan(value, sink),
        "%7B%22timestamp%22%3A%222025-02-05T15%3A40%3A00.391Z%22%2C%22version%22%3A%221.75.1%22%2C%22purposes%22%3A%7B%221%22%3Atrue%2C%223%22%3Atrue%2C%224%22%3Afalse%7D%2C%22id%22%3A10000000%2C%22cons%22%3A%7B%22rand%22%3A%22aaaaaa%22%7D%7D",
    ),
    (
        "borlabs",
        |value, sink| borlabs::scan(value, sink),
        "%7B%22consents%22%3A%7B%22essential%22%3A%5B%22borlabs-cookie%22%5D%2C%22external-media%22%3A%5B%22vimeo%22%2C%22youtube%22%5D%7D%2C%22domainPath%22%3A%22www.example.com%2F%22%2C%22expires%22%3A%22Sun%2C%2011%20Jan%202026%2008%3A07%3A14%20GMT%22%2C%22uid%22%3A%22aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa%22%2C%22v3%22%3Atrue%2C%22version%22%3A1%7D",
    ),
    ("trustarc", |value, sink| trustarc::scan(trustarc::Cookie::CmApi, value, sink), "permit 1,2,3"),
    (
        "commanders",
        |value, sink| commanders::scan(value, sink),
        "0%40032%7C13%7C1665%402%2C3%2C4%2C5%401%401701350442246%2C1701350442246%2C1735046442246%40",
    ),
    (
        "didomi_token",
        |value, sink| didomi_token::scan(value, sink),
        "eyJ1c2VyX2lkIjoiMDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAwIiwiY3JlYXRlZCI6IjIwMjQtMTEtMDRUMDg6NTM6MjAuMDUzWiIsInVwZGF0ZWQiOiIyMDI0LTExLTA0VDA4OjUzOjIyLjUyOFoiLCJ2ZW5kb3JzIjp7ImVuYWJsZWQiOlsiZ29vZ2xlIl0sImRpc2FibGVkIjpbImM6aG90amFyIl19LCJwdXJwb3NlcyI6eyJlbmFibGVkIjpbImdlb2xvY2F0aW9uX2RhdGEiXX0sInZlcnNpb24iOjJ9",
    ),
];

/// Complianz' cookies among others of a request.
pub const COMPLIANZ: [(&[u8], &[u8]); 8] = [
    (b"session", b"0123456789abcdef"),
    (b"cmplz_consented_services", b"%7B%22youtube%22%3Atrue%7D"),
    (b"cmplz_policy_id", b"35"),
    (b"cmplz_marketing", b"deny"),
    (b"cmplz_statistics", b"allow"),
    (b"cmplz_preferences", b"allow"),
    (b"cmplz_functional", b"allow"),
    (b"cmplz_banner-status", b"dismissed"),
];
