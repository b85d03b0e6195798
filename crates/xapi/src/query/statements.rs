//! The parameters of `GET /statements` (Communication 2.1.3).

use iri_string::types::IriStr;

use super::parameters::{IRI, Reader, UUID};
use crate::{ActivityId, Agent, Format, Parameters, Registration, StatementId, Timestamp, Version, Violations};

/// What a GET of `/statements` asks for.
///
/// ```
/// use xapi::{Parameters, StatementsRequest, Version};
/// let parameters = Parameters::parse("verb=http://adlnet.gov/expapi/verbs/passed&limit=10").unwrap();
/// let request = StatementsRequest::parse(&parameters, Version::V1_0_3).unwrap();
/// assert!(matches!(request, StatementsRequest::Many(list) if list.limit == 10));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementsRequest {
    /// `statementId` or `voidedStatementId`.
    One {
        /// Which statement.
        id: StatementId,
        /// Whether the voided one is meant.
        voided: bool,
        /// `format`
        format: Format,
        /// `attachments`
        attachments: bool,
    },
    /// A list.
    Many(StatementsParams),
}

/// The filters of a list of statements.
#[expect(clippy::struct_excessive_bools, reason = "these are the resource's own parameters, each true or false")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatementsParams {
    /// `agent`
    pub agent: Option<Agent>,
    /// `verb`
    pub verb: Option<String>,
    /// `activity`
    pub activity: Option<ActivityId>,
    /// `registration`
    pub registration: Option<Registration>,
    /// `related_activities`
    pub related_activities: bool,
    /// `related_agents`
    pub related_agents: bool,
    /// `since`: stored after this instant.
    pub since: Option<Timestamp>,
    /// `until`: stored at or before this instant.
    pub until: Option<Timestamp>,
    /// `limit`: 0 (the server's maximum) when absent.
    pub limit: u32,
    /// `format`
    pub format: Format,
    /// `attachments`
    pub attachments: bool,
    /// `ascending`
    pub ascending: bool,
}

/// What may stand beside `statementId` and `voidedStatementId`.
const BESIDE_AN_ID: [&str; 4] = ["statementId", "voidedStatementId", "format", "attachments"];

impl StatementsRequest {
    /// Parses the parameters of `GET /statements`. `more`'s own cursor parameter is not known here.
    ///
    /// # Errors
    /// Every violation: a value is invalid, `statementId` stands beside `voidedStatementId`, one of them beside more
    /// than `format` and `attachments`, or a parameter is unknown or stands twice.
    pub fn parse(parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        let mut reader = Reader::new(parameters, "Communication 2.1.3");
        let id = reader.optional("statementId", UUID, StatementId::parse);
        let voided_id = reader.optional("voidedStatementId", UUID, StatementId::parse);
        let list = parse_list(&mut reader, version);

        let asks = |name| parameters.get(name).is_some();
        let id_name = if asks("statementId") { "statementId" } else { "voidedStatementId" };
        if asks("statementId") && asks("voidedStatementId") {
            reader.report("voidedStatementId", "either statementId or voidedStatementId", "both");
        }
        if asks(id_name) {
            for (name, _) in parameters.0.iter().filter(|(name, _)| !BESIDE_AN_ID.contains(&name.as_str())) {
                reader.report(name, &format!("only format and attachments beside {id_name}"), "another parameter");
            }
        }

        let StatementsParams { format, attachments, .. } = list;
        let request = match (id, voided_id) {
            (Some(id), _) => Self::One { id, voided: false, format, attachments },
            (None, Some(id)) => Self::One { id, voided: true, format, attachments },
            (None, None) => Self::Many(list),
        };
        reader.finish(Some(request))
    }
}

fn parse_list(reader: &mut Reader<'_>, version: Version) -> StatementsParams {
    StatementsParams {
        agent: reader.agent(version),
        verb: reader.optional("verb", IRI, parse_iri),
        activity: reader.optional("activity", IRI, ActivityId::parse),
        registration: reader.optional("registration", UUID, Registration::parse),
        related_activities: reader.flag("related_activities"),
        related_agents: reader.flag("related_agents"),
        since: reader.timestamp("since", version),
        until: reader.timestamp("until", version),
        limit: reader.optional("limit", "an integer from 0", parse_limit).unwrap_or(0),
        format: reader.optional("format", "ids, exact or canonical", parse_format).unwrap_or_default(),
        attachments: reader.flag("attachments"),
        ascending: reader.flag("ascending"),
    }
}

/// Every server has its own maximum, so that a number beyond 32 bits means the same as the largest of them.
fn parse_limit(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u32::MAX))
}

fn parse_iri(text: &str) -> Option<String> {
    IriStr::new(text).is_ok().then(|| text.to_owned())
}

fn parse_format(text: &str) -> Option<Format> {
    match text {
        "ids" => Some(Format::Ids),
        "exact" => Some(Format::Exact),
        "canonical" => Some(Format::Canonical),
        _ => None,
    }
}
