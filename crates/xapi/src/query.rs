//! Query parameters of every xAPI resource, parsed once into types that cannot be wrong (Communication 2).

use crate::{ActivityId, Agent, Format, Registration, StatementId, Timestamp, Version, Violations};

/// The decoded name-value pairs of a query string or of a form (alternate request syntax).
/// Names are case-sensitive; a repeated name is a violation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters(pub Vec<(String, String)>);

/// What a GET of `/statements` asks for.
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

impl StatementsRequest {
    /// Parses the parameters of `GET /statements`. `more`'s own cursor parameter is not known here.
    pub fn parse(parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        let _ = (parameters, version);
        unimplemented!()
    }
}

/// The parameters of the State resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateParams {
    /// `activityId`
    pub activity: ActivityId,
    /// `agent`
    pub agent: Agent,
    /// `registration`
    pub registration: Option<Registration>,
    /// `stateId`; absent: all of them (GET, DELETE).
    pub state_id: Option<String>,
    /// `since`
    pub since: Option<Timestamp>,
}

/// The parameters of the Activity Profile resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityProfileParams {
    /// `activityId`
    pub activity: ActivityId,
    /// `profileId`; absent: the list.
    pub profile_id: Option<String>,
    /// `since`
    pub since: Option<Timestamp>,
}

/// The parameters of the Agent Profile resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentProfileParams {
    /// `agent`
    pub agent: Agent,
    /// `profileId`; absent: the list.
    pub profile_id: Option<String>,
    /// `since`
    pub since: Option<Timestamp>,
}

impl StateParams {
    /// Parses them; `since` with `stateId` is a violation, as is anything unknown.
    pub fn parse(parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        let _ = (parameters, version);
        unimplemented!()
    }
}

impl ActivityProfileParams {
    /// Parses them.
    pub fn parse(parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        let _ = (parameters, version);
        unimplemented!()
    }
}

impl AgentProfileParams {
    /// Parses them.
    pub fn parse(parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        let _ = (parameters, version);
        unimplemented!()
    }
}

impl Parameters {
    /// Decodes `a=b&c=d` (percent-encoding, `+` as space). An error for invalid UTF-8 or a broken escape.
    pub fn parse(text: &str) -> Result<Self, Violations> {
        let _ = text;
        unimplemented!()
    }

    /// The only parameter of `GET /agents`.
    pub fn into_agent(self, version: Version) -> Result<Agent, Violations> {
        let _ = version;
        unimplemented!()
    }

    /// The only parameter of `GET /activities`.
    pub fn into_activity_id(self) -> Result<ActivityId, Violations> {
        unimplemented!()
    }
}
