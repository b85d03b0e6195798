//! The parameters of the document resources: State, Activity Profile, Agent Profile (Communication 2.3, 2.6, 2.7).

use super::parameters::{IRI, Reader, UUID};
use crate::{ActivityId, Agent, Parameters, Registration, Timestamp, Version, Violations};

/// The parameters of the State resource.
///
/// ```
/// use xapi::{Parameters, StateParams, Version};
/// let missing = StateParams::parse(&Parameters::parse("stateId=bookmark").unwrap(), Version::V2_0_0).unwrap_err();
/// let pointers: Vec<_> = missing.0.iter().map(|violation| violation.pointer.as_str()).collect();
/// assert_eq!(pointers, ["activityId", "agent"]);
/// ```
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

/// What a request does to documents, which decides what may and must be said.
#[derive(Clone, Copy)]
enum Access {
    /// GET and HEAD: one by its id, or the list of ids, perhaps `since`.
    Read,
    /// PUT and POST, and DELETE of a profile: one by its id.
    Write,
    /// DELETE of states: one by its id, or all of them.
    Delete,
}

impl StateParams {
    /// Parses those of GET.
    ///
    /// # Errors
    /// Every violation: `activityId` or `agent` is missing, a value is invalid, `since` stands beside `stateId`, or a
    /// parameter is unknown or stands twice.
    pub fn parse(parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        Self::parse_for(Access::Read, parameters, version)
    }

    /// Parses those of PUT and POST.
    ///
    /// # Errors
    /// Every violation: `activityId`, `agent` or `stateId` is missing, a value is invalid, or a parameter is unknown
    /// (`since` is, here) or stands twice.
    pub fn parse_write(parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        Self::parse_for(Access::Write, parameters, version)
    }

    /// Parses those of DELETE.
    ///
    /// # Errors
    /// Every violation: `activityId` or `agent` is missing, a value is invalid, or a parameter is unknown (`since` is,
    /// here) or stands twice.
    pub fn parse_delete(parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        Self::parse_for(Access::Delete, parameters, version)
    }

    fn parse_for(access: Access, parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        let mut reader = Reader::new(parameters, "Communication 2.3");
        let activity = reader.required("activityId", IRI, ActivityId::parse);
        let agent = reader.required_agent(version);
        let registration = reader.optional("registration", UUID, Registration::parse);
        let (state_id, since) = parse_selection(&mut reader, access, "stateId", version);
        let parsed = activity.zip(agent);
        let parsed = parsed.map(|(activity, agent)| Self { activity, agent, registration, state_id, since });
        reader.finish(parsed)
    }
}

impl ActivityProfileParams {
    /// Parses those of GET.
    ///
    /// # Errors
    /// Every violation: `activityId` is missing, a value is invalid, `since` stands beside `profileId`, or a parameter
    /// is unknown or stands twice.
    pub fn parse(parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        Self::parse_for(Access::Read, parameters, version)
    }

    /// Parses those of PUT, POST and DELETE.
    ///
    /// # Errors
    /// Every violation: `activityId` or `profileId` is missing, `activityId` is invalid, or a parameter is unknown
    /// (`since` is, here) or stands twice.
    pub fn parse_write(parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        Self::parse_for(Access::Write, parameters, version)
    }

    fn parse_for(access: Access, parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        let mut reader = Reader::new(parameters, "Communication 2.7");
        let activity = reader.required("activityId", IRI, ActivityId::parse);
        let (profile_id, since) = parse_selection(&mut reader, access, "profileId", version);
        reader.finish(activity.map(|activity| Self { activity, profile_id, since }))
    }
}

impl AgentProfileParams {
    /// Parses those of GET.
    ///
    /// # Errors
    /// Every violation: `agent` is missing, a value is invalid, `since` stands beside `profileId`, or a parameter is
    /// unknown or stands twice.
    pub fn parse(parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        Self::parse_for(Access::Read, parameters, version)
    }

    /// Parses those of PUT, POST and DELETE.
    ///
    /// # Errors
    /// Every violation: `agent` or `profileId` is missing, `agent` is invalid, or a parameter is unknown (`since` is,
    /// here) or stands twice.
    pub fn parse_write(parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        Self::parse_for(Access::Write, parameters, version)
    }

    fn parse_for(access: Access, parameters: &Parameters, version: Version) -> Result<Self, Violations> {
        let mut reader = Reader::new(parameters, "Communication 2.6");
        let agent = reader.required_agent(version);
        let (profile_id, since) = parse_selection(&mut reader, access, "profileId", version);
        reader.finish(agent.map(|agent| Self { agent, profile_id, since }))
    }
}

/// The id of one document, or since when the listed ones changed.
fn parse_selection(
    reader: &mut Reader<'_>,
    access: Access,
    id_name: &'static str,
    version: Version,
) -> (Option<String>, Option<Timestamp>) {
    let id = reader.text(id_name).map(str::to_owned);
    match access {
        Access::Write if id.is_none() => reader.report_missing(id_name, "the id of a document"),
        Access::Write | Access::Delete => {}
        Access::Read => {
            let is_given = reader.text("since").is_some();
            let since = reader.timestamp("since", version);
            if id.is_some() && is_given {
                reader.report("since", &format!("no since beside {id_name}"), "both");
            }
            return (id, since);
        }
    }
    (id, None)
}
