//! What is to become of a batch: compared with itself and with what is stored, before anything of it is written.

use std::collections::HashMap;

use lrs_store::{Recorded, StoreError};
use uuid::Uuid;
use xapi::StatementId;

use super::Appender;
use crate::log::select_body;
use crate::prepare::Prepared;
use crate::references::{TIMESTAMP_ADDED, find_seq, is_voiding};
use crate::tail::Tail;

/// What is to become of a batch.
pub(super) enum Plan {
    /// Append those that are new.
    Append { new: Vec<bool> },
    /// Nothing.
    Refuse(Recorded),
}

impl Appender {
    /// Looks at a batch before anything of it is written.
    pub(super) fn plan(&self, tail: &Tail, statements: &[Prepared]) -> Result<Plan, StoreError> {
        let mut first_of: HashMap<Uuid, &Prepared> = HashMap::with_capacity(statements.len());
        let mut new = Vec::with_capacity(statements.len());
        let mut conflicts = Vec::new();
        for statement in statements {
            let earlier = match first_of.get(&statement.id) {
                Some(earlier) => {
                    let body = self.shared.bodies.restore(0, earlier.dictionary, &earlier.body)?;
                    Some((body, earlier.timestamp_added))
                }
                None => match find_seq(&self.connection, tail, &self.pending, statement.id)? {
                    Some(seq) => {
                        let (body, flags) = select_body(&self.connection, &self.shared.bodies, seq)?;
                        Some((body, flags & TIMESTAMP_ADDED != 0))
                    }
                    None => None,
                },
            };
            if let Some((earlier, timestamp_added)) = &earlier {
                let body = self.shared.bodies.restore(0, statement.dictionary, &statement.body)?;
                let same = if *timestamp_added || statement.timestamp_added {
                    xapi::same_statement_but_timestamp
                } else {
                    xapi::same_statement
                };
                if !same(earlier, &body) && !conflicts.contains(&StatementId(statement.id)) {
                    conflicts.push(StatementId(statement.id));
                }
            }
            new.push(earlier.is_none());
            first_of.entry(statement.id).or_insert(statement);
        }
        if !conflicts.is_empty() {
            return Ok(Plan::Refuse(Recorded::Conflict(conflicts)));
        }
        let mut refused = Vec::new();
        for (statement, _) in statements.iter().zip(&new).filter(|(statement, new)| statement.voids && **new) {
            let Some(target) = statement.target else { continue };
            let voiding = match first_of.get(&target) {
                Some(other) => other.voids,
                None => is_voiding(&self.connection, tail, &self.pending, target)?,
            };
            if voiding {
                refused.push(StatementId(statement.id));
            }
        }
        Ok(if refused.is_empty() { Plan::Append { new } } else { Plan::Refuse(Recorded::VoidsVoiding(refused)) })
    }
}
