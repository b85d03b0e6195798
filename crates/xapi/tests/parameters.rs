//! How query strings and forms are decoded into parameters (Communication 1.4, RFC 3986).

use proptest::prelude::*;
use xapi::{Parameters, StatementsRequest, Version};

#[test]
fn pairs_are_decoded_strictly() {
    for (query, expected) in [
        ("", vec![]),
        ("&&", vec![]),
        ("a=b", vec![("a", "b")]),
        ("a=b&c=d", vec![("a", "b"), ("c", "d")]),
        ("a", vec![("a", "")]),
        ("a=", vec![("a", "")]),
        ("a=b=c", vec![("a", "b=c")]),
        ("a+b=c+d", vec![("a b", "c d")]),
        ("%61%3D=%26%2B%25", vec![("a=", "&+%")]),
        ("a=%c3%BC", vec![("a", "ü")]),
        ("a=ü", vec![("a", "ü")]),
        ("a=b;c=d", vec![("a", "b;c=d")]),
        ("a=1&a=2", vec![("a", "1"), ("a", "2")]),
    ] {
        let pairs: Vec<_> = expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert_eq!(Parameters::parse(query), Ok(Parameters(pairs)), "{query}");
    }
    for (query, pointers) in [
        ("a=%", vec!["a"]),
        ("a=%4", vec!["a"]),
        ("a=%4g", vec!["a"]),
        ("a=%+4", vec!["a"]),
        ("a=%-1", vec!["a"]),
        ("a=%ü", vec!["a"]),
        ("a=%ff", vec!["a"]),
        ("a=%c3", vec!["a"]),
        ("a=%ed%a0%80", vec!["a"]),
        ("a=%c0%80", vec!["a"]),
        ("%zz=a", vec!["query"]),
        ("a=%&b=c&d=%", vec!["a", "d"]),
    ] {
        let violations = Parameters::parse(query).expect_err(query);
        let found: Vec<_> = violations.0.iter().map(|violation| violation.pointer.as_str()).collect();
        assert_eq!(found, pointers, "{query}");
    }
    let many = |count: usize| vec!["a=1"; count].join("&");
    assert!(Parameters::parse(&many(Parameters::COUNT_MAX)).is_ok());
    assert!(Parameters::parse(&many(Parameters::COUNT_MAX + 1)).is_err());
    let broken = Parameters::parse(&vec!["a=%"; 100_000].join("&")).expect_err("broken escapes");
    assert_eq!(broken.0.len(), Parameters::COUNT_MAX + 1);
}

#[test]
fn parameters_of_others_can_be_taken_out() {
    let mut parameters = Parameters::parse("cursor=1&limit=2&cursor=3").expect("good parameters");
    assert_eq!(parameters.get("cursor"), Some("1"));
    assert_eq!(parameters.take("cursor").as_deref(), Some("1"));
    assert_eq!(parameters.take("cursor").as_deref(), Some("3"));
    assert_eq!(parameters.take("cursor"), None);
    assert!(StatementsRequest::parse(&parameters, Version::V1_0_3).is_ok());
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(name in "\\PC{1,10}", value in "\\PC{0,20}") {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let parameters = Parameters::parse(&format!("{}={}", encode(&name), encode(&value)));
        prop_assert_eq!(parameters, Ok(Parameters(vec![(name, value)])));
    }
}
