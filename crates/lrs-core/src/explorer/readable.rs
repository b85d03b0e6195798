//! Whose statements a reader may see.
//!
//! Somebody who sees certain learners only sees statements whose actor is one of them, and which name no other person: a statement of two
//! learners, one of whom is somebody else's, would tell of that one. Who taught, and who vouches for a statement, are no learners.

use std::collections::HashSet;
use std::sync::Arc;

use lrs_store::StoredStatement;
use xapi::{Agent, Json};

/// Whose statements may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readable {
    /// Everyone's.
    Everyone,
    /// Those of these agents ([`xapi::Agent::key`]): the learners of an instructor.
    Agents(Arc<HashSet<String>>),
}

impl Readable {
    /// Whether statements of this agent may be read.
    #[must_use]
    pub fn permits(&self, agent: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Agents(agents) => agents.contains(agent),
        }
    }

    /// Whether a statement may be read.
    #[must_use]
    pub fn permits_statement(&self, statement: &StoredStatement) -> bool {
        let Self::Agents(agents) = self else { return true };
        Json::parse(&statement.body).is_ok_and(|json| names_only(&json, agents))
    }
}

/// Whether a statement, or one inside a statement (Data 2.4.4.3), names these people only: as actor, object, team, or, in xAPI 2.0, as
/// further agents and groups of its context. Its instructor is not asked about.
fn names_only(statement: &Json<'_>, agents: &HashSet<String>) -> bool {
    let object = statement.get("object");
    let kind = object.and_then(|object| object.get("objectType")).and_then(Json::as_str);
    let object_is_fine = match (object, kind) {
        (Some(object), Some("Agent" | "Group")) => is_among(object, agents),
        (Some(object), Some("SubStatement")) => names_only(object, agents),
        _ => true,
    };
    let context = statement.get("context");
    let in_context = |list: &str, member: &str| {
        let listed = context.and_then(|context| context.get(list)).and_then(Json::as_array).unwrap_or_default();
        listed.iter().all(|entry| entry.get(member).is_none_or(|agent| is_among(agent, agents)))
    };
    let team = context.and_then(|context| context.get("team"));
    statement.get("actor").is_some_and(|actor| is_among(actor, agents))
        && object_is_fine
        && team.is_none_or(|team| is_among(team, agents))
        && in_context("contextAgents", "agent")
        && in_context("contextGroups", "group")
}

/// Whether an agent is one of these, or a group consists of them, or is one of these and names no other members.
fn is_among(actor: &Json<'_>, agents: &HashSet<String>) -> bool {
    let is_known = |actor: &Json<'_>| Agent::from_json(actor).is_some_and(|agent| agents.contains(agent.key()));
    let members = actor.get("member").and_then(Json::as_array).unwrap_or_default();
    if members.is_empty() { is_known(actor) } else { members.iter().all(is_known) }
}

#[cfg(test)]
mod tests {
    use lrs_store::Seq;
    use serde_json::{Value, json};
    use xapi::{StatementId, Timestamp};

    use super::*;

    fn agent(name: &str) -> Value {
        json!({ "mbox": format!("mailto:{name}@example.org") })
    }

    fn group(names: &[&str]) -> Value {
        json!({ "objectType": "Group", "member": names.iter().map(|name| agent(name)).collect::<Vec<_>>() })
    }

    /// Whether a reader of Ana and Ben may read this.
    #[track_caller]
    fn check(case: &str, actor: &Value, rest: Value, expected: bool) {
        let learners = ["ana", "ben"].map(|name| format!("mbox:mailto:{name}@example.org"));
        let readable = Readable::Agents(Arc::new(learners.into_iter().collect()));
        let mut statement = rest;
        statement["actor"] = actor.clone();
        let id = StatementId::parse("00000000-0000-4000-8000-000000000001").unwrap();
        let body = statement.to_string().into_bytes();
        let stored = StoredStatement { seq: Seq(1), id, stored: Timestamp(0), body };
        assert_eq!(readable.permits_statement(&stored), expected, "{case}: {statement}");
        assert!(Readable::Everyone.permits_statement(&stored));
    }

    #[test]
    fn statements_name_the_readers_learners_only() {
        let object = |mut agent: Value| {
            agent["objectType"] = "Agent".into();
            json!({ "object": agent })
        };
        let inner = |actor: Value| json!({ "object": { "objectType": "SubStatement", "actor": actor, "object": { "id": "x:y" } } });
        let context = |context: Value| json!({ "object": { "id": "x:y" }, "context": context });
        let team = json!({ "objectType": "Group", "mbox": "mailto:team@example.org" });
        let named_team = |names: &[&str]| {
            let mut group = group(names);
            group["mbox"] = "mailto:team@example.org".into();
            group
        };
        let ana = agent("ana");
        for (case, actor, rest, expected) in [
            ("a learner", ana.clone(), json!({}), true),
            ("somebody else", agent("eva"), json!({}), false),
            ("nobody", json!({}), json!({}), false),
            ("a group of learners", group(&["ana", "ben"]), json!({}), true),
            ("a group with somebody else", group(&["ana", "eva"]), json!({}), false),
            ("a named group of learners", named_team(&["ben"]), json!({}), true),
            ("a named group with somebody else", named_team(&["ana", "eva"]), json!({}), false),
            ("a named group of whom nobody knows", team.clone(), json!({}), false),
            ("of somebody else about a learner", agent("eva"), object(agent("ana")), false),
            ("about a learner", ana.clone(), object(agent("ben")), true),
            ("about somebody else", ana.clone(), object(agent("eva")), false),
            ("a plan of a learner", ana.clone(), inner(agent("ben")), true),
            ("a plan of somebody else", ana.clone(), inner(agent("eva")), false),
            ("an instructor", ana.clone(), context(json!({ "instructor": agent("tom") })), true),
            ("a team of learners", ana.clone(), context(json!({ "team": group(&["ana", "ben"]) })), true),
            ("a team with somebody else", ana.clone(), context(json!({ "team": group(&["ana", "eva"]) })), false),
            ("a further agent", ana.clone(), context(json!({ "contextAgents": [{ "agent": agent("ben") }] })), true),
            (
                "somebody else as one",
                ana.clone(),
                context(json!({ "contextAgents": [{ "agent": agent("eva") }] })),
                false,
            ),
            ("a further group", ana, context(json!({ "contextGroups": [{ "group": group(&["eva"]) }] })), false),
        ] {
            check(case, &actor, rest, expected);
        }
    }
}
