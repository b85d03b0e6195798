//! Query parameters (Communication 2): which are taken, and everything that is wrong with the others, at once.

use proptest::prelude::*;
use xapi::{
    ActivityProfileParams, AgentProfileParams, Format, Parameters, StateParams, StatementsParams, StatementsRequest,
    Timestamp, Version, Violations,
};

const VERSIONS: [Version; 2] = [Version::V1_0_3, Version::V2_0_0];
const ID: &str = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee";
const AGENT: &str = "agent=%7B%22mbox%22%3A%22mailto%3Aana%40example.org%22%7D";
const ACTIVITY: &str = "activityId=http%3A%2F%2Fexample.org%2Fa";

fn decode(query: &str) -> Parameters {
    Parameters::parse(query).unwrap_or_else(|violations| panic!("{query}: {violations}"))
}

/// A resource with its clause and what reads its parameters; whether it takes them is all that is kept.
type Resource = (&'static str, fn(&Parameters, Version) -> Result<(), Violations>);

const STATEMENTS: Resource = ("Communication 2.1.3", |p, v| StatementsRequest::parse(p, v).map(drop));
const STATEMENTS_PUT: Resource = ("Communication 2.1.1", |p, _| p.clone().into_statement_id().map(drop));
const STATEMENTS_POST: Resource = ("Communication 2.1.2", |p, _| p.expect_none("Communication 2.1.2"));
const STATE: Resource = ("Communication 2.3", |p, v| StateParams::parse(p, v).map(drop));
const STATE_WRITE: Resource = ("Communication 2.3", |p, v| StateParams::parse_write(p, v).map(drop));
const STATE_DELETE: Resource = ("Communication 2.3", |p, v| StateParams::parse_delete(p, v).map(drop));
const AGENTS: Resource = ("Communication 2.4", |p, v| p.clone().into_agent(v).map(drop));
const ACTIVITIES: Resource = ("Communication 2.5", |p, _| p.clone().into_activity_id().map(drop));
const AGENT_PROFILE: Resource = ("Communication 2.6", |p, v| AgentProfileParams::parse(p, v).map(drop));
const AGENT_PROFILE_WRITE: Resource = ("Communication 2.6", |p, v| AgentProfileParams::parse_write(p, v).map(drop));
const ACTIVITY_PROFILE: Resource = ("Communication 2.7", |p, v| ActivityProfileParams::parse(p, v).map(drop));
const ACTIVITY_PROFILE_WRITE: Resource =
    ("Communication 2.7", |p, v| ActivityProfileParams::parse_write(p, v).map(drop));

/// `{id}`, `{agent}` and `{activity}` stand for whole values or parameters that are good.
fn expand(query: &str) -> String {
    query.replace("{id}", ID).replace("{agent}", AGENT).replace("{activity}", ACTIVITY)
}

fn check_taken((clause, read): Resource, queries: &[&str]) {
    for query in queries {
        for version in VERSIONS {
            let taken = read(&decode(&expand(query)), version);
            assert!(taken.is_ok(), "{clause}, {version:?}: {query}: {taken:?}");
        }
    }
}

/// Each query with the names of the parameters that are wrong with it.
fn check_refused((clause, read): Resource, queries: &[(&str, &[&str])]) {
    for (query, pointers) in queries {
        for version in VERSIONS {
            let Err(Violations(violations)) = read(&decode(&expand(query)), version) else {
                panic!("{clause}, {version:?}: taken: {query}");
            };
            let found: Vec<_> = violations.iter().map(|violation| violation.pointer.as_str()).collect();
            assert_eq!(&found, pointers, "{clause}, {version:?}: {query}: {violations:?}");
            let own = violations.iter().filter(|violation| !violation.pointer.starts_with("agent"));
            for violation in own {
                assert_eq!(violation.rule, clause, "{query}: {violation}");
                assert!(!violation.expected.is_empty() && !violation.found.is_empty(), "{query}: {violation}");
            }
        }
    }
}

const REFUSED_OF_STATEMENTS: &[(&str, &[&str])] = &[
    ("statementId={id}&voidedStatementId={id}", &["voidedStatementId"]),
    ("statementId={id}&limit=1", &["limit"]),
    ("statementId={id}&ascending=true&{agent}", &["ascending", "agent"]),
    ("voidedStatementId={id}&since=2026-11-24T16:00:00Z", &["since"]),
    ("statementId=", &["statementId"]),
    ("statementId", &["statementId"]),
    ("statementId=abc", &["statementId"]),
    ("statementId=6690e6c93ef04ed38b377f3964730bee", &["statementId"]),
    ("statementId=%7B{id}%7D", &["statementId"]),
    ("statementId=urn:uuid:{id}", &["statementId"]),
    ("statementId=6690e6c9-3ef0-4ed3-8b37-7f3964730beg", &["statementId"]),
    ("statementId=+{id}", &["statementId"]),
    ("statementid={id}", &["statementid"]),
    ("StatementId={id}", &["StatementId"]),
    ("statement_id={id}", &["statement_id"]),
    ("verb=passed", &["verb"]),
    ("verb=", &["verb"]),
    ("verb=//adlnet.gov/expapi/verbs/passed", &["verb"]),
    ("activity=/a", &["activity"]),
    ("activity=http://example.org/a+b", &["activity"]),
    ("registration=1", &["registration"]),
    ("related_activities=True", &["related_activities"]),
    ("related_agents=1", &["related_agents"]),
    ("attachments=yes", &["attachments"]),
    ("ascending=", &["ascending"]),
    ("ascending=TRUE", &["ascending"]),
    ("since=yesterday", &["since"]),
    ("since=2026-11-24T16:00:00-00:00", &["since"]),
    ("until=2026-13-24T16:00:00Z", &["until"]),
    ("until=1764000000", &["until"]),
    ("limit=-1", &["limit"]),
    ("limit=%2B1", &["limit"]),
    ("limit=1.0", &["limit"]),
    ("limit=1e3", &["limit"]),
    ("limit=", &["limit"]),
    ("limit=ten", &["limit"]),
    ("limit=%D9%A1", &["limit"]),
    ("format=Exact", &["format"]),
    ("format=", &["format"]),
    ("format=canonical+", &["format"]),
    ("Agent=%7B%7D", &["Agent"]),
    ("foo=1", &["foo"]),
    ("=1", &[""]),
    ("limit=1&limit=2", &["limit"]),
    ("limit=1&limit=1&limit=1", &["limit", "limit"]),
    ("agent=", &["agent"]),
    ("agent=ana", &["agent"]),
    ("agent=mailto:ana@example.org", &["agent"]),
    ("agent=%5B%5D", &["agent"]),
    ("agent=%7B%22mbox%22%3A%22ana%22%7D", &["agent/mbox"]),
    // Everything that is wrong is said at once.
    ("verb=x&limit=-1&format=y&Since=z&ascending=0", &["verb", "limit", "format", "ascending", "Since"]),
    (
        "statementId=x&voidedStatementId=y&limit=z&foo=1",
        &["statementId", "voidedStatementId", "limit", "voidedStatementId", "limit", "foo", "foo"],
    ),
];

#[test]
fn statements_are_asked_for_by_these_parameters() {
    check_taken(
        STATEMENTS,
        &[
            "",
            "statementId={id}",
            "voidedStatementId={id}",
            "statementId={id}&format=exact&attachments=true",
            "voidedStatementId={id}&format=canonical&attachments=false",
            "statementId=6690E6C9-3EF0-4ED3-8B37-7F3964730BEE",
            "{agent}",
            "agent=%7B%22objectType%22%3A%22Group%22%2C%22mbox%22%3A%22mailto%3Aa%40example.org%22%7D",
            "agent=%7B%22account%22%3A%7B%22homePage%22%3A%22http%3A%2F%2Fexample.org%22%2C%22name%22%3A%22a%22%7D%7D",
            "verb=http://adlnet.gov/expapi/verbs/passed",
            "verb=http%3A%2F%2Fexample.org%2F%C3%BC",
            "activity=http://example.org/a%23b",
            "activity=tag:example.org,2026:a",
            "registration={id}",
            "related_activities=true&related_agents=false",
            "since=2026-11-24T16:00:00Z&until=2026-11-24T17:00:00%2B01:00",
            "limit=0",
            "limit=25",
            "limit=00025",
            "limit=99999999999999999999",
            "format=ids",
            "format=exact",
            "format=canonical",
            "attachments=true",
            "ascending=true&",
            "&ascending=false",
            "{agent}&verb=http://example.org/v&activity=http://example.org/a&registration={id}&related_activities=true\
             &related_agents=true&since=2026-11-24T16:00:00Z&until=2026-11-24T16:00:00Z&limit=1&format=ids\
             &attachments=true&ascending=true",
        ],
    );
    check_refused(STATEMENTS, REFUSED_OF_STATEMENTS);
}

#[test]
fn statements_are_sent_with_these_parameters() {
    check_taken(STATEMENTS_PUT, &["statementId={id}"]);
    check_refused(
        STATEMENTS_PUT,
        &[
            ("", &["statementId"]),
            ("statementId=abc", &["statementId"]),
            ("statementId={id}&statementId={id}", &["statementId"]),
            ("statementID={id}", &["statementId", "statementID"]),
            ("statementId={id}&format=exact", &["format"]),
        ],
    );
    check_taken(STATEMENTS_POST, &["", "&"]);
    check_refused(STATEMENTS_POST, &[("statementId={id}", &["statementId"]), ("a&b", &["a", "b"])]);
}

#[test]
fn states_are_asked_for_by_these_parameters() {
    check_taken(
        STATE,
        &[
            "{activity}&{agent}",
            "{activity}&{agent}&stateId=bookmark",
            "{activity}&{agent}&stateId=a+b%2Fc&registration={id}",
            "{activity}&{agent}&since=2026-11-24T16:00:00Z",
            "{activity}&{agent}&registration={id}&since=2026-11-24T16:00:00Z",
        ],
    );
    check_refused(
        STATE,
        &[
            ("", &["activityId", "agent"]),
            ("{activity}", &["agent"]),
            ("{agent}", &["activityId"]),
            ("{agent}&activityId=a", &["activityId"]),
            ("{activity}&agent=%7B%7D", &["agent"]),
            ("{activity}&{agent}&registration=x", &["registration"]),
            ("{activity}&{agent}&since=x", &["since"]),
            ("{activity}&{agent}&stateId=a&since=2026-11-24T16:00:00Z", &["since"]),
            ("{activity}&{agent}&stateid=a", &["stateid"]),
            ("{activity}&{agent}&profileId=a", &["profileId"]),
            ("{activity}&{agent}&stateId=a&stateId=b", &["stateId"]),
            ("activityID=http://example.org/a&{agent}", &["activityId", "activityID"]),
        ],
    );
    check_taken(
        STATE_WRITE,
        &["{activity}&{agent}&stateId=bookmark", "{activity}&{agent}&stateId=b&registration={id}"],
    );
    check_refused(
        STATE_WRITE,
        &[
            ("", &["activityId", "agent", "stateId"]),
            ("{activity}&{agent}", &["stateId"]),
            ("{activity}&{agent}&stateId=a&since=2026-11-24T16:00:00Z", &["since"]),
        ],
    );
    check_taken(STATE_DELETE, &["{activity}&{agent}", "{activity}&{agent}&stateId=bookmark&registration={id}"]);
    check_refused(
        STATE_DELETE,
        &[("{activity}&{agent}&since=2026-11-24T16:00:00Z", &["since"]), ("stateId=a", &["activityId", "agent"])],
    );
}

#[test]
fn agents_and_activities_are_asked_for_by_one_parameter() {
    check_taken(AGENTS, &["{agent}"]);
    check_refused(
        AGENTS,
        &[
            ("", &["agent"]),
            ("agent=x", &["agent"]),
            ("{agent}&{activity}", &["activityId"]),
            ("{agent}&{agent}", &["agent"]),
        ],
    );
    check_taken(ACTIVITIES, &["{activity}", "activityId=http://example.org/%C3%BC"]);
    check_refused(
        ACTIVITIES,
        &[
            ("", &["activityId"]),
            ("activityId=x", &["activityId"]),
            ("{activity}&{agent}", &["agent"]),
            ("{activity}&{activity}", &["activityId"]),
        ],
    );
}

#[test]
fn profiles_are_asked_for_by_these_parameters() {
    for (read, write, owner, name, missing) in [
        (AGENT_PROFILE, AGENT_PROFILE_WRITE, "{agent}", "agent", &["agent", "profileId"]),
        (ACTIVITY_PROFILE, ACTIVITY_PROFILE_WRITE, "{activity}", "activityId", &["activityId", "profileId"]),
    ] {
        let since = format!("{owner}&since=2026-11-24T16:00:00Z");
        let id = format!("{owner}&profileId=p");
        let both = format!("{id}&since=2026-11-24T16:00:00Z");
        let other = format!("{id}&stateId=s");
        check_taken(read, &[owner, &since, &id]);
        check_taken(write, &[&id]);
        check_refused(read, &[("", &[name]), ("profileId=p", &[name]), (&both, &["since"]), (&other, &["stateId"])]);
        check_refused(write, &[("", missing), (owner, &["profileId"]), (&both, &["since"]), (&other, &["stateId"])]);
    }
}

#[test]
fn parameters_arrive_as_they_were_meant() {
    let query = expand(
        "{agent}&verb=http://example.org/v&activity=http://example.org/a&registration={id}&related_activities=true\
         &since=1970-01-01T00:00:00Z&until=1970-01-01T01:00:01%2B01:00&limit=25&format=ids&attachments=true",
    );
    let request = StatementsRequest::parse(&decode(&query), Version::V2_0_0).expect("good parameters");
    let StatementsRequest::Many(list) = request else { panic!("not a list: {request:?}") };
    assert_eq!(list.agent.as_ref().map(xapi::Agent::key), Some("mbox:mailto:ana@example.org"));
    assert_eq!(list.verb.as_deref(), Some("http://example.org/v"));
    assert_eq!(list.activity.as_ref().map(xapi::ActivityId::as_str), Some("http://example.org/a"));
    assert_eq!(list.registration.map(|registration| registration.to_string()).as_deref(), Some(ID));
    assert_eq!((list.since, list.until), (Some(Timestamp(0)), Some(Timestamp(1_000_000))));
    assert_eq!((list.limit, list.format), (25, Format::Ids));
    assert!(list.related_activities && list.attachments && !list.related_agents && !list.ascending);

    let nothing = StatementsRequest::parse(&Parameters::default(), Version::V1_0_3);
    assert_eq!(nothing, Ok(StatementsRequest::Many(StatementsParams::default())));
    for (name, expected) in [("statementId", false), ("voidedStatementId", true)] {
        let parameters = decode(&format!("{name}={ID}&format=canonical&attachments=true"));
        let Ok(StatementsRequest::One { id, voided, format, attachments }) =
            StatementsRequest::parse(&parameters, Version::V1_0_3)
        else {
            panic!("{name} asks for one statement");
        };
        assert_eq!((id.to_string().as_str(), voided, format, attachments), (ID, expected, Format::Canonical, true));
    }
    let limit = StatementsRequest::parse(&decode("limit=99999999999999999999"), Version::V1_0_3);
    assert!(matches!(limit, Ok(StatementsRequest::Many(list)) if list.limit == u32::MAX));

    let query = expand("{activity}&{agent}&stateId=a+b%2Fc&registration={id}");
    let state = StateParams::parse(&decode(&query), Version::V1_0_3).expect("good parameters");
    assert_eq!(state.state_id.as_deref(), Some("a b/c"));
    assert_eq!(state.activity.as_str(), "http://example.org/a");
    assert_eq!(state.agent.key(), "mbox:mailto:ana@example.org");
}

/// 2.0.0 asks for RFC 3339, 1.0.3 for any ISO 8601.
#[test]
fn timestamps_are_those_of_the_version() {
    let parameters = decode("since=2026-11-24");
    assert!(StatementsRequest::parse(&parameters, Version::V1_0_3).is_ok());
    assert!(StatementsRequest::parse(&parameters, Version::V2_0_0).is_err());
}

#[test]
fn likely_mistakes_get_their_own_words() {
    for (query, expected) in [
        ("since=2026-11-24T16:00:00+01:00", "a timestamp whose + is written as %2B"),
        ("since=2026-11-24 ", "a timestamp such as 2026-11-24T16:00:00Z"),
        ("StatementID=x", "statementId (names are case-sensitive)"),
        ("limit=x", "an integer from 0"),
    ] {
        let violations = StatementsRequest::parse(&decode(query), Version::V2_0_0).expect_err(query);
        assert_eq!(violations.0[0].expected, expected, "{query}");
    }
}

proptest! {
    #[test]
    fn no_query_makes_it_panic(
        query in "((statementId|agent|limit|since|format|activityId|stateId|profileId|[a-z%]{0,5})(=(\\PC|%[0-9a-f]{2}|[-+0-9TZ:.{}\"%]){0,20})?&?){0,6}"
    ) {
        if let Ok(parameters) = Parameters::parse(&query) {
            for (_, read) in [STATEMENTS, STATEMENTS_PUT, STATE, STATE_WRITE, AGENTS, ACTIVITIES, AGENT_PROFILE, ACTIVITY_PROFILE] {
                for version in VERSIONS {
                    let _ = read(&parameters, version);
                }
            }
        }
    }
}
