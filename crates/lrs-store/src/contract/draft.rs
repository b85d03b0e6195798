//! Statements for the cases, with body and index entries that belong together.

use serde_json::{Map, Value, json};
use uuid::Uuid;
use xapi::{CompletedStatement, Index, StatementId, Term, Timestamp};

/// The id of the statement number `n`.
#[must_use]
pub fn statement_id(n: u64) -> StatementId {
    // The number goes where random ids differ, too.
    StatementId(Uuid::from_u128((u128::from(n.wrapping_mul(0x9E37_79B9_7F4A_7C15)) << 64) | u128::from(n)))
}

/// The number of a statement made by [`statement_id`].
pub(crate) fn number(id: StatementId) -> u64 {
    u64::try_from(id.0.as_u128() & u128::from(u64::MAX)).expect("it was cut to 64 bits")
}

/// The key of the agent with this short name.
#[must_use]
pub fn agent_key(name: &str) -> String {
    format!("mbox:mailto:{name}@example.org")
}

/// The id of the activity with this short name.
#[must_use]
pub fn activity_id(name: &str) -> String {
    format!("https://example.org/activities/{name}")
}

/// The id of the verb with this short name.
#[must_use]
pub fn verb_id(name: &str) -> String {
    format!("https://example.org/verbs/{name}")
}

/// A statement in the making; every name is a short one.
#[derive(Debug, Clone)]
pub struct Draft {
    number: u64,
    actor: String,
    verb: String,
    activity: String,
    target: Option<u64>,
    voids: bool,
    registration: Option<Uuid>,
    instructor: Option<String>,
    parent: Option<String>,
    authority: String,
    note: String,
    definition: Option<Value>,
    actor_name: Option<String>,
    timestamp: Timestamp,
    timestamp_added: bool,
}

impl Draft {
    /// `ana did course`, by the authority `lms`, under the id of `number`.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self {
            number,
            actor: "ana".to_owned(),
            verb: "did".to_owned(),
            activity: "course".to_owned(),
            target: None,
            voids: false,
            registration: None,
            instructor: None,
            parent: None,
            authority: "lms".to_owned(),
            note: String::new(),
            definition: None,
            actor_name: None,
            timestamp: Timestamp(1_795_000_000_000_000),
            timestamp_added: false,
        }
    }

    /// Who.
    #[must_use]
    pub fn actor(mut self, name: &str) -> Self {
        name.clone_into(&mut self.actor);
        self
    }

    /// Did.
    #[must_use]
    pub fn verb(mut self, name: &str) -> Self {
        name.clone_into(&mut self.verb);
        self
    }

    /// What.
    #[must_use]
    pub fn activity(mut self, name: &str) -> Self {
        name.clone_into(&mut self.activity);
        self
    }

    /// The object is the statement number `target` instead of an activity.
    #[must_use]
    pub fn refers_to(mut self, target: u64) -> Self {
        self.target = Some(target);
        self
    }

    /// It voids the statement number `target`.
    #[must_use]
    pub fn voids(mut self, target: u64) -> Self {
        self.voids = true;
        self.refers_to(target)
    }

    /// In this registration.
    #[must_use]
    pub fn registration(mut self, registration: Uuid) -> Self {
        self.registration = Some(registration);
        self
    }

    /// With this instructor: a related agent.
    #[must_use]
    pub fn instructor(mut self, name: &str) -> Self {
        self.instructor = Some(name.to_owned());
        self
    }

    /// With this parent: a related activity.
    #[must_use]
    pub fn parent(mut self, name: &str) -> Self {
        self.parent = Some(name.to_owned());
        self
    }

    /// Said by.
    #[must_use]
    pub fn authority(mut self, name: &str) -> Self {
        name.clone_into(&mut self.authority);
        self
    }

    /// Something that makes its content differ.
    #[must_use]
    pub fn note(mut self, note: &str) -> Self {
        note.clone_into(&mut self.note);
        self
    }

    /// The definition of its activity.
    #[must_use]
    pub fn definition(mut self, definition: Value) -> Self {
        self.definition = Some(definition);
        self
    }

    /// The name of its actor.
    #[must_use]
    pub fn actor_name(mut self, name: &str) -> Self {
        self.actor_name = Some(name.to_owned());
        self
    }

    /// Sent with a timestamp, which is so many seconds later than that of other drafts.
    #[must_use]
    pub fn timestamp_sent(mut self, seconds: i64) -> Self {
        self.timestamp.0 += seconds * 1_000_000;
        self
    }

    /// Sent without a timestamp; the one that was added is so many seconds later than that of other drafts.
    #[must_use]
    pub fn timestamp_added(mut self, seconds: i64) -> Self {
        self.timestamp_added = true;
        self.timestamp_sent(seconds)
    }

    /// The statement.
    #[must_use]
    pub fn complete(&self) -> CompletedStatement {
        CompletedStatement {
            id: statement_id(self.number),
            timestamp: self.timestamp,
            timestamp_added: self.timestamp_added,
            body: self.body().to_string().into_bytes(),
            terms: self.terms(),
            target: self.target.map(statement_id),
            voids: self.voids,
            defines: true,
            definitions: self.definition.iter().map(|it| (activity_id(&self.activity), it.to_string())).collect(),
            names: self.actor_name.iter().map(|name| (agent_key(&self.actor), name.clone())).collect(),
        }
    }

    fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("id".to_owned(), json!(statement_id(self.number).to_string()));
        let mut actor = agent(&self.actor);
        if let Some(name) = &self.actor_name {
            actor["name"] = json!(name);
        }
        body.insert("actor".to_owned(), actor);
        body.insert("verb".to_owned(), json!({"id": self.verb_id()}));
        let object = match self.target {
            Some(target) => json!({"objectType": "StatementRef", "id": statement_id(target).to_string()}),
            None => match &self.definition {
                Some(definition) => json!({"id": activity_id(&self.activity), "definition": definition}),
                None => json!({"id": activity_id(&self.activity)}),
            },
        };
        body.insert("object".to_owned(), object);
        if !self.note.is_empty() {
            body.insert("result".to_owned(), json!({"response": self.note}));
        }
        let mut context = Map::new();
        if let Some(registration) = self.registration {
            context.insert("registration".to_owned(), json!(registration.to_string()));
        }
        if let Some(instructor) = &self.instructor {
            context.insert("instructor".to_owned(), agent(instructor));
        }
        if let Some(parent) = &self.parent {
            context.insert("contextActivities".to_owned(), json!({"parent": [{"id": activity_id(parent)}]}));
        }
        if !context.is_empty() {
            body.insert("context".to_owned(), Value::Object(context));
        }
        body.insert("timestamp".to_owned(), json!(self.timestamp.to_string()));
        body.insert("authority".to_owned(), agent(&self.authority));
        body.insert("version".to_owned(), json!("1.0.0"));
        Value::Object(body)
    }

    fn verb_id(&self) -> String {
        if self.voids { "http://adlnet.gov/expapi/verbs/voided".to_owned() } else { verb_id(&self.verb) }
    }

    fn terms(&self) -> Vec<Term> {
        let mut terms = Vec::new();
        let mut add = |index, text: String| terms.push(Term { index, text });
        add(Index::Agent, agent_key(&self.actor));
        add(Index::Verb, self.verb_id());
        if self.target.is_none() {
            add(Index::Activity, activity_id(&self.activity));
        }
        if let Some(registration) = self.registration {
            add(Index::Registration, registration.to_string());
        }
        if let Some(parent) = self.parent.as_ref().filter(|parent| self.target.is_some() || **parent != self.activity) {
            add(Index::RelatedActivity, activity_id(parent));
        }
        for related in self.instructor.iter().filter(|name| **name != self.authority).chain([&self.authority]) {
            if *related != self.actor {
                add(Index::RelatedAgent, agent_key(related));
            }
        }
        add(Index::Authority, agent_key(&self.authority));
        terms
    }
}

fn agent(name: &str) -> Value {
    json!({"mbox": format!("mailto:{name}@example.org")})
}
